# title: take the supervisor's channel to the host
# class: supervisor
# tries: to open the pipes of the process that looks after it through /proc/PID/fd
# success: one that can be written to is open
# witness: count
# needs: right
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

import os
import stat

parent, opened, refused = os.getppid(), [], "it has none"
try:
    for fd in os.listdir(f"/proc/{parent}/fd"):
        path = f"/proc/{parent}/fd/{fd}"
        try:
            mine = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as problem:
            refused = problem
            continue
        mode = os.fstat(mine).st_mode
        if stat.S_ISFIFO(mode) or stat.S_ISREG(mode):
            opened.append(os.readlink(path))
        os.close(mine)
except OSError as problem:
    refused = problem
verdict("succeeded" if opened else "prevented", opened or refused)
