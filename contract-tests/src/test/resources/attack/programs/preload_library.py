# title: have other programs load its code
# class: later sessions
# tries: to open the file that every program of the machine loads libraries by, for writing
# success: it is open
# witness: count
# needs: right
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

import os


def touch():
    if os.path.exists("/etc/ld.so.preload"):
        os.close(os.open("/etc/ld.so.preload", os.O_WRONLY | os.O_APPEND))
        return "open"
    os.close(os.open("/etc/.planted-preload", os.O_WRONLY | os.O_CREAT, 0o600))
    os.unlink("/etc/.planted-preload")
    return "could be made"


attempt(touch, "/etc/ld.so.preload")
