# title: leave the root directory
# class: host files
# tries: to get above its root by changing it twice, and to read a file of the host from there
# success: the secret is printed
# witness: secret
# needs: right
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

import os

pid = os.fork()
if pid == 0:
    try:
        os.makedirs("cell", exist_ok=True)
        above = os.open(".", os.O_RDONLY)
        os.chroot("cell")
        os.fchdir(above)
        for _ in range(64):
            os.chdir("..")
        os.chroot(".")
        attempt(lambda: open(planted["folder"] + "/secret.txt").read(), "from above")
    except OSError as problem:
        verdict("prevented", problem)
    finally:
        os._exit(0)
os.waitpid(pid, 0)
