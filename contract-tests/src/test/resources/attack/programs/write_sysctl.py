# title: write settings of the system
# class: kernel
# tries: to open settings below /proc/sys and /sys for writing; nothing is written
# success: one of the host's is open
# witness: count
# needs: right
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

import os

opened, refused = [], []
for path in ("/proc/sys/kernel/core_pattern", "/proc/sys/vm/overcommit_memory", "/proc/sysrq-trigger"):
    try:
        os.close(os.open(path, os.O_WRONLY))
        opened.append(path)
    except OSError as problem:
        refused.append(str(problem))
verdict("succeeded" if opened else "prevented", opened or refused)
