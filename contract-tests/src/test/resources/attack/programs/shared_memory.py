# title: fill /dev/shm
# class: exhaustion
# tries: to write 80 MB into memory that is a file
# success: all of it is written
# witness: count
# bare: succeeded
# process: succeeded
# bubblewrap: succeeded
# podman: prevented

import os
import tempfile


def fill():
    with tempfile.NamedTemporaryFile(dir="/dev/shm") as file:
        for _ in range(80):
            file.write(b"x" * (1 << 20))
        file.flush()
        return os.stat(file.name).st_size


attempt(fill, "/dev/shm")
