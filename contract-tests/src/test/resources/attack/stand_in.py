"""Stands for a supervisor where there is none: starts a program with a private socket between the
two, and tells whether anything came over it.
"""

import fcntl
import os
import socket
import subprocess
import sys

ours, theirs = socket.socketpair()
private = fcntl.fcntl(theirs, fcntl.F_DUPFD, 100)
program = subprocess.Popen([sys.executable, sys.argv[1]], pass_fds=[private])
theirs.close()
os.close(private)
program.wait()
ours.setblocking(False)
try:
    heard = ours.recv(65536)
except BlockingIOError:
    heard = b""
if heard:
    print("STAND-IN misled:", len(heard), flush=True)
