# title: a child that heeds no signal
# class: processes
# tries: to leave a child in a session of its own that ignores every signal that can be ignored
# success: it lives when all has been closed
# witness: survivor
# client: own
# bare: succeeded
# process: contained
# bubblewrap: contained
# podman: contained

import subprocess
import sys

CODE = """
import signal, time
for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
    signal.signal(number, signal.SIG_IGN)
print("deaf", flush=True)
time.sleep(15)
"""
child = subprocess.Popen(
    [sys.executable, "-I", "-S", "-c", CODE, planted["mark"]],
    start_new_session=True,
    stdin=subprocess.DEVNULL,
    stdout=subprocess.PIPE,
    stderr=subprocess.DEVNULL,
)
verdict("succeeded", child.stdout.readline())
