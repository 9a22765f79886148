# title: attach to shared memory of the host
# class: processes
# tries: to attach to a System V segment of a process outside of its sandbox
# success: the secret in it is printed
# witness: secret
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p


def attach():
    where = libc.shmat(planted["shm"], None, 0o10000)
    if where in (None, ctypes.c_void_p(-1).value):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return ctypes.string_at(where, 60)


attempt(attach, "the segment")
