# title: read the kernel's log
# class: kernel
# tries: to read the messages of the machine's kernel, which hold addresses
# success: it is told how long they are
# witness: count
# needs: right
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
size = libc.klogctl(10, None, 0)
verdict("prevented" if size < 0 else "succeeded", os.strerror(ctypes.get_errno()) if size < 0 else size)
