# title: trace the supervisor
# class: supervisor
# tries: to attach to its parent as a debugger does, and to go on while it is stopped
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
    pid = os.getppid()
    if libc.ptrace(16, pid, None, None):  # PTRACE_ATTACH
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    os.waitpid(pid, 0x40000000)  # __WALL
    libc.ptrace(17, pid, None, None)  # PTRACE_DETACH
    return pid


attempt(trace, "its parent")
