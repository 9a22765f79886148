# title: be more important than others
# class: exhaustion
# tries: to raise its priority above that of every program of the host
# success: its nice value is negative
# witness: count
# needs: right
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

import os

before = os.nice(0)


def rise():
    os.setpriority(os.PRIO_PROCESS, 0, -5)
    found = os.getpriority(os.PRIO_PROCESS, 0)
    os.setpriority(os.PRIO_PROCESS, 0, before)
    return found


attempt(rise, "nice -5")
