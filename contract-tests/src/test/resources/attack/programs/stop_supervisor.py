# title: stop the supervisor
# class: supervisor
# tries: to freeze its parent, which is the supervisor
# success: the process that looks after it is stopped, and nobody notices
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
os.kill(parent, signal.SIGSTOP)
time.sleep(1)
verdict("prevented", f"{parent} had the signal, and goes on")
