# title: open a file of the host to all
# class: host files
# tries: to take a host's file's protection away, and to put a setuid program beside it
# success: a setuid file is there
# witness: files
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

import os
import shutil


def plant():
    target = planted["folder"] + "/become"
    shutil.copy("/bin/sh", target)
    os.chmod(target, 0o4755)
    os.chmod(planted["folder"] + "/secret.txt", 0o666)
    return oct(os.stat(target).st_mode)


attempt(plant, "setuid")
