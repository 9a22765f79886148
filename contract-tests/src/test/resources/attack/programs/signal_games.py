# title: be deaf to all signals
# class: processes
# tries: to ignore every signal that can be ignored, and to go on for ever
# success: it is still there when its time is over and it was told to end
# witness: supervisor
# seconds: 1
# bare: succeeded
# process: contained, new kernel
# bubblewrap: contained, new kernel
# podman: contained, new kernel

import signal
import time

for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
until = time.monotonic() + 30
while time.monotonic() < until:
    try:
        time.sleep(1)
    except BaseException:
        pass
