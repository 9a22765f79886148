# title: escape by setsid and a double fork
# class: processes
# tries: to leave a process that no longer belongs to anybody's group, session or parent
# success: it lives when all has been closed
# witness: survivor
# client: own
# bare: succeeded
# process: contained
# bubblewrap: contained
# podman: contained

import os
import subprocess
import sys
import time

if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        null = os.open("/dev/null", os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(null, fd)
        code = "import time; time.sleep(15)"
        os.execve(sys.executable, [sys.executable, "-I", "-S", "-c", code, planted["mark"]], {})
    os._exit(0)
time.sleep(0.5)
verdict("succeeded", "a process that is nobody's")
