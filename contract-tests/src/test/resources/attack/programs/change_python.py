# title: change Python itself
# class: later sessions
# tries: to open a file of the standard library for writing, which every later session imports; nothing is written
# success: it is open
# witness: count
# needs: right
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

import os


def touch():
    os.close(os.open(os.__file__, os.O_RDWR))
    return os.__file__


attempt(touch, "os.py")
