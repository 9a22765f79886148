# title: kill the supervisor
# class: supervisor
# tries: to kill its parent, which is the supervisor
# success: the process that looks after it is dead
# witness: supervisor
# client: own
# bare: succeeded
# process: contained, new runner
# bubblewrap: prevented
# podman: prevented

import os
import signal
import time

parent = os.getppid()
words = open(f"/proc/{parent}/cmdline").read().split("\0")
# Only what looks after it is aimed at: the stand-in, or a runner.
if not any(word.endswith(("/stand_in.py", "/__main__.py", "/pyvisor-runner")) for word in words):
    raise RuntimeError(f"{parent} is somebody else: {words}")
os.kill(parent, signal.SIGKILL)
time.sleep(1)
verdict("prevented", f"{parent} had the signal, and lives")
