# title: go round filters by io_uring
# class: kernel
# tries: to set up a ring, through which system calls are made that no filter sees
# success: the ring is there
# witness: count
# needs: right
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
ring = libc.syscall(425, 8, ctypes.create_string_buffer(120))
if ring < 0:
    verdict("prevented", os.strerror(ctypes.get_errno()))
else:
    os.close(ring)
    verdict("succeeded", "a ring")
