# title: trace a process of the host
# class: processes
# tries: to attach to a process outside of its sandbox as a debugger does, which stops it
# success: it is attached
# witness: count
# needs: right
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)


def trace():
    pid = planted["victim"]
    if planted["mark"] not in open(f"/proc/{pid}/cmdline").read():
        raise OSError(f"{pid} is somebody else")
    if libc.ptrace(16, pid, None, None):  # PTRACE_ATTACH
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    os.waitpid(pid, 0x40000000)  # __WALL
    libc.ptrace(17, pid, None, None)  # PTRACE_DETACH
    return pid


attempt(trace, "the victim")
