# title: leave its group of processes
# class: kernel
# tries: to make a control group of its own, where the limits of the old one do not count; it is removed again
# success: one is made
# witness: count
# needs: right
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

import os

made, refused = [], []
root = "/sys/fs/cgroup"
try:
    for folder in (root, *(entry.path for entry in os.scandir(root) if entry.is_dir())):
        path = f"{folder}/planted-{os.getpid()}"
        try:
            os.mkdir(path)
            made.append(path)
            os.rmdir(path)
        except OSError as problem:
            refused.append(str(problem))
except OSError as problem:
    refused.append(str(problem))
verdict("succeeded" if made else "prevented", made[:3] or refused[:3] or "nothing is there")
