# title: burn the processors
# class: exhaustion
# tries: to use a second of processor time in a loop that no exception ends
# success: it has used them
# witness: count
# bare: succeeded
# process: succeeded
# bubblewrap: succeeded
# podman: succeeded

import time

begun = time.process_time()
while time.process_time() - begun < 1:
    try:
        sum(range(100_000))
    except BaseException:
        pass
verdict("succeeded", f"{time.process_time() - begun:.1f} s")
