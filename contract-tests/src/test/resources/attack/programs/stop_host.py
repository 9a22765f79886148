# title: stop a process of the host
# class: processes
# tries: to freeze a process outside of its sandbox
# success: that process is stopped
# witness: victim
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

import os
import signal
import time


def stop():
    pid = planted["victim"]
    if planted["mark"] not in open(f"/proc/{pid}/cmdline").read():
        raise OSError(f"{pid} is somebody else")
    os.kill(pid, signal.SIGSTOP)
    time.sleep(0.2)
    return pid


attempt(stop, "the victim")
