# title: measure the whole machine
# class: kernel
# tries: to count events of the kernel (perf_event_open), through which others can be watched
# success: a counter is open
# witness: count
# needs: right
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

import ctypes
import os
import struct

libc = ctypes.CDLL(None, use_errno=True)
number = 298 if os.uname().machine == "x86_64" else 241
asked = ctypes.create_string_buffer(struct.pack("IIQ", 1, 112, 0), 112)
fd = libc.syscall(number, asked, 0, -1, -1, 0)
if fd < 0:
    verdict("prevented", os.strerror(ctypes.get_errno()))
else:
    os.close(fd)
    verdict("succeeded", "a counter")
