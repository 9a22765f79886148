# title: fill the disk
# class: exhaustion
# tries: to write 64 MB in 16 files into the workspace
# success: all of it is on the disk
# witness: count
# bare: succeeded
# process: succeeded
# bubblewrap: succeeded
# podman: succeeded

import os


def fill():
    names = [f"filler{i}" for i in range(16)]
    try:
        for name in names:
            with open(name, "wb") as file:
                for _ in range(4):
                    file.write(b"x" * (1 << 20))
        return sum(os.stat(name).st_blocks * 512 for name in names)
    finally:
        for name in names:
            if os.path.exists(name):
                os.unlink(name)


attempt(fill, "16 files")
