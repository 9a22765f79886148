# title: enter the host's namespaces
# class: kernel
# tries: to join the network and the file systems of process 1 and of every process that it sees, and to dial from there
# success: the answer of the host's server is printed
# witness: secret
# needs: right
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

import ctypes
import os
import socket

libc = ctypes.CDLL(None, use_errno=True)
pid = os.fork()
if pid == 0:
    try:
        joined, problem = 0, OSError("none")
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                fd = os.open(f"/proc/{name}/ns/net", os.O_RDONLY)
            except OSError as one:
                problem = one
                continue
            joined += libc.setns(fd, 0) == 0
            os.close(fd)
            if joined:
                break
        if not joined:
            raise problem
        with socket.create_connection(tuple(planted["loopback"]), timeout=2) as line:
            verdict("succeeded", line.recv(100))
    except OSError as problem:
        verdict("prevented", problem)
    finally:
        os._exit(0)
os.waitpid(pid, 0)
