"""Stands for a supervisor where there is none: starts a program with a private socket between the
two, ends it when its time is over, may tidy up after it as a careless one would, and tells what it
was misled by.

Its arguments: `--token-file FILE` (which it does not need), the program, its seconds, yes for tidy, and what else it
has as a child, where that is what the program is about.
"""

import fcntl
import os
import signal
import socket
import subprocess
import sys

_, _, _, path, seconds, tidy, beside = sys.argv


def score():
    with open("/proc/self/oom_score_adj") as file:
        return file.read().strip()


other = None
if beside != "nothing":
    other = subprocess.Popen(
        [sys.executable, "-c", "import sys; print('there', flush=True); sys.stdin.read()", beside],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    other.stdout.readline()
before = score()
ours, theirs = socket.socketpair()
private = fcntl.fcntl(theirs, fcntl.F_DUPFD, 100)
program = subprocess.Popen([sys.executable, path], pass_fds=[private])
theirs.close()
os.close(private)
try:
    program.wait(float(seconds))
except subprocess.TimeoutExpired:
    program.send_signal(signal.SIGINT)
    program.send_signal(signal.SIGTERM)
    try:
        program.wait(0.5)
    except subprocess.TimeoutExpired:
        print("STAND-IN misled: it is deaf", flush=True)
        program.kill()
        program.wait()
ours.setblocking(False)
try:
    heard = ours.recv(65536)
except BlockingIOError:
    heard = b""
if heard:
    print("STAND-IN misled:", len(heard), "bytes", flush=True)
if score() != before:
    print("STAND-IN misled: it is to die first, at", score(), flush=True)
if other is not None:
    if other.poll() is not None:
        print("STAND-IN misled: its", beside, "is gone", flush=True)
    other.kill()
    other.wait()
if tidy == "yes":
    for folder, _, files in os.walk(os.path.dirname(path), followlinks=True):
        for name in files:
            if name not in ("said", "program.py"):
                os.unlink(os.path.join(folder, name))
