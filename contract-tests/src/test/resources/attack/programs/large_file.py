# title: one large file
# class: exhaustion
# tries: to make a file of 1 TB, all of it a hole
# success: the file has that size
# witness: count
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

import os
import signal

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


def grow():
    with open("large", "wb") as file:
        try:
            os.truncate(file.fileno(), 1 << 40)
            return os.fstat(file.fileno()).st_size
        finally:
            os.unlink("large")


attempt(grow, "1 TB")
