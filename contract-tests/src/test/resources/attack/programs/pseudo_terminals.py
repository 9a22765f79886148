# title: use up the pseudo-terminals
# class: exhaustion
# tries: to have 200 pseudo-terminals, of which a machine has a few thousand for all
# success: it has them
# witness: count
# bare: succeeded
# process: succeeded
# bubblewrap: succeeded
# podman: succeeded

import os

held = []
try:
    while len(held) < 200:
        held.append(os.open("/dev/ptmx", os.O_RDWR | os.O_NOCTTY))
    verdict("succeeded", f"{len(held)} of them")
except OSError as problem:
    verdict("prevented", f"{problem} after {len(held)}")
finally:
    for fd in held:
        os.close(fd)
