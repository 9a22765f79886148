# title: read through /proc/PID/root
# class: host files
# tries: to find a process whose root is the host's, and to read a file of the host through it
# success: the file's content is printed
# witness: secret
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

import os

refused = "no process has it"
for pid in filter(str.isdigit, os.listdir("/proc")):
    try:
        found = open(f"/proc/{pid}/root" + planted["folder"] + "/secret.txt").read()
        verdict("succeeded", found)
        break
    except OSError as problem:
        refused = problem
else:
    verdict("prevented", refused)
