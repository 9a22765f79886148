# title: load code into the kernel
# class: kernel
# tries: to make a map for programs of the kernel (bpf)
# success: the map is there
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
number = 321 if os.uname().machine == "x86_64" else 280
asked = ctypes.create_string_buffer(struct.pack("IIIII", 2, 4, 4, 1, 0), 128)
fd = libc.syscall(number, 0, asked, 128)
if fd < 0:
    verdict("prevented", os.strerror(ctypes.get_errno()))
else:
    os.close(fd)
    verdict("succeeded", "a map")
