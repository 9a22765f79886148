# title: read the supervisor's memory
# class: supervisor
# tries: to read from the stack of its parent
# success: bytes of it are read
# witness: count
# needs: right
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

import os


def read():
    parent = os.getppid()
    for line in open(f"/proc/{parent}/maps"):
        if "[stack]" in line:
            begin, end = (int(part, 16) for part in line.split()[0].split("-"))
            with open(f"/proc/{parent}/mem", "rb", 0) as memory:
                memory.seek(end - 4096)
                return len(memory.read(4096))
    raise OSError("it shows no stack")


attempt(read, "its parent")
