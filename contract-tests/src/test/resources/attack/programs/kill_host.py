# title: kill a process of the host
# class: processes
# tries: to kill a process outside of its sandbox
# success: that process is dead
# witness: victim
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

import os
import signal
import time


def kill():
    pid = planted["victim"]
    # A number may be somebody else's in here; only what was planted is aimed at.
    if planted["mark"] not in open(f"/proc/{pid}/cmdline").read():
        raise OSError(f"{pid} is somebody else")
    os.kill(pid, signal.SIGKILL)
    time.sleep(0.2)
    return pid


attempt(kill, "the victim")
