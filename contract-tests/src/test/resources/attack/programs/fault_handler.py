# title: hold the kernel in a page fault
# class: kernel
# tries: to handle page faults itself (userfaultfd), the usual tool to win races in the kernel
# success: the handler is there
# witness: count
# needs: right
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
number = 323 if os.uname().machine == "x86_64" else 282
fd = libc.syscall(number, 0)
if fd < 0:
    verdict("prevented", os.strerror(ctypes.get_errno()))
else:
    os.close(fd)
    verdict("succeeded", "a handler")
