# title: stop and kill the process that kernels come from
# class: supervisor
# tries: to freeze the zygote, and to kill it
# success: it is stopped or dead, and nobody notices
# witness: supervisor
# beside: zygote
# client: own
# bare: succeeded
# process: contained
# bubblewrap: contained, new runner
# podman: contained, new runner

import os
import signal
import time


def find():
    """The oldest of the parent's children with that word: later ones are kernels, which it has forked."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            words = open(f"/proc/{name}/cmdline").read().split("\0")
            parent = int(open(f"/proc/{name}/stat").read().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if "zygote" in words and parent == os.getppid():
            found.append(int(name))
    if not found or min(found) == os.getpid():
        raise RuntimeError("it is not there")
    return min(found)


def signalled():
    zygote = find()
    for number in (signal.SIGSTOP, signal.SIGKILL):
        os.kill(zygote, number)
        time.sleep(0.3)
    return zygote


attempt(signalled, "the zygote")
