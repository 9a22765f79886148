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


def signalled():
    zygote = the_zygote()
    for number in (signal.SIGSTOP, signal.SIGKILL):
        os.kill(zygote, number)
        time.sleep(0.3)
    return zygote


attempt(signalled, "the zygote")
