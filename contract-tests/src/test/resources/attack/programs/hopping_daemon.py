# title: a process that is never the same
# class: processes
# tries: to stay ahead of what hunts it by forking over and over, for 15 seconds
# success: one of its lives is there when all has been closed
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

CODE = """
import os, time
until = time.monotonic() + 15
while time.monotonic() < until:
    if os.fork():
        os._exit(0)
    os.setsid()
    time.sleep(0.03)
"""
subprocess.Popen(
    [sys.executable, "-I", "-S", "-c", CODE, planted["mark"]],
    start_new_session=True,
    stdin=subprocess.DEVNULL,
    stdout=subprocess.DEVNULL,
    stderr=subprocess.DEVNULL,
    env={},
)
time.sleep(0.5)
verdict("succeeded", "one that hops")
