# title: take keys of the kernel's keyring
# class: kernel
# tries: to add a key to the keyring that all processes of the user share, and to read it back
# success: it is read
# witness: count
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
ADD, KEYCTL = 248, 250
if os.uname().machine != "x86_64":
    ADD, KEYCTL = 217, 219
key = libc.syscall(ADD, b"user", b"pyvisor-attack", b"planted", ctypes.c_size_t(7), -4)
if key < 0:
    verdict("prevented", os.strerror(ctypes.get_errno()))
else:
    room = ctypes.create_string_buffer(16)
    got = libc.syscall(KEYCTL, 11, key, room, ctypes.c_size_t(16))
    libc.syscall(KEYCTL, 21, key)  # KEYCTL_INVALIDATE
    verdict("succeeded" if got == 7 else "prevented", room.value)
