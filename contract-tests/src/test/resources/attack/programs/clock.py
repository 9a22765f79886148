# title: set the clock
# class: kernel
# tries: to set the machine's clock to what it is already
# success: the system agrees
# witness: count
# needs: right
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

import time

attempt(lambda: time.clock_settime(time.CLOCK_REALTIME, time.time()), "the clock")
