# title: take the limits off
# class: exhaustion
# tries: to raise the hard limit of its file size and processes
# success: a hard limit that was set below is raised again
# witness: count
# needs: right
# bare: succeeded
# process: succeeded

import os
import resource

kind = resource.RLIMIT_FSIZE
pid = os.fork()
if pid == 0:
    try:
        resource.setrlimit(kind, (1 << 30, 1 << 30))
        resource.setrlimit(kind, (1 << 31, 1 << 31))
        os._exit(0)
    except (OSError, ValueError):
        os._exit(1)
status = os.waitpid(pid, 0)[1]
verdict("prevented" if status else "succeeded", f"status {status}")
