# title: a user namespace of its own
# class: kernel
# tries: to get all capabilities in a new user namespace, where most holes of the kernel are reached from
# success: it is in one
# witness: count
# needs: right
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
pid = os.fork()
if pid == 0:
    os._exit(ctypes.get_errno() if libc.unshare(0x10000000) else 0)
error = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
verdict("prevented" if error else "succeeded", f"unshare: {os.strerror(error) if error > 0 else error}")
