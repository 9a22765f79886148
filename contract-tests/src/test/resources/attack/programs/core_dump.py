# title: dump core into a folder of the host
# class: host files
# tries: to die of a fault with a folder of the host as working directory
# success: a file of memory is in the folder
# witness: files
# needs: right
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

import os
import resource
import signal

pid = os.fork()
if pid == 0:
    try:
        os.chdir(planted["folder"] + "/cores")
        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        top = 64 << 20
        resource.setrlimit(resource.RLIMIT_CORE, (top if hard < 0 else min(top, hard), hard))
        signal.signal(signal.SIGSEGV, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGSEGV)
    finally:
        os._exit(1)
status = os.waitpid(pid, 0)[1]
verdict("prevented", f"status {status}, dumped {os.WCOREDUMP(status)}")
