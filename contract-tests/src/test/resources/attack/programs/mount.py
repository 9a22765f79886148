# title: mount over the system
# class: kernel
# tries: to mount a file system of its own, first as it is, then in a namespace of its own
# success: it is mounted
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
    # In a namespace of its own first: the machine's own tree stays as it is.
    if libc.unshare(0x00020000) and libc.unshare(0x10020000):
        os._exit(ctypes.get_errno())
    libc.mount(b"none", b"/", None, 0x44000, None)  # MS_REC | MS_PRIVATE
    failed = libc.mount(b"tmpfs", b"/tmp", b"tmpfs", 0, b"size=1m")
    os._exit(ctypes.get_errno() if failed else 0)
error = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
verdict("prevented" if error else "succeeded", f"mount: {os.strerror(error) if error > 0 else error}")
