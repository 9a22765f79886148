# title: use up the names of the disk
# class: exhaustion
# tries: to make 5,000 empty files
# success: all of them are there
# witness: count
# bare: succeeded
# process: succeeded
# bubblewrap: succeeded
# podman: succeeded

import os
import shutil


def fill():
    os.mkdir("many")
    try:
        for i in range(5000):
            os.close(os.open(f"many/{i}", os.O_CREAT | os.O_WRONLY))
        return len(os.listdir("many"))
    finally:
        shutil.rmtree("many")


attempt(fill, "5000 files")
