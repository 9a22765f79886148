# title: see the host's processes
# class: processes
# tries: to read the command line of a process outside of its sandbox
# success: it finds the planted process by its mark
# witness: count
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

import os

seen = 0
for pid in filter(str.isdigit, os.listdir("/proc")):
    try:
        seen += planted["mark"] + "-victim" in open(f"/proc/{pid}/cmdline").read().split("\0")
    except OSError:
        pass
verdict("succeeded" if seen else "prevented", f"{seen} of its mark")
