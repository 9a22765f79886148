# title: use up the descriptors
# class: exhaustion
# tries: to raise its own limit and to have 5,000 descriptors
# success: it has them
# witness: count
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

import os
import resource

soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
held = []
try:
    while len(held) < 5000:
        held.append(os.open("/dev/null", os.O_RDONLY))
    verdict("succeeded", f"{len(held)} descriptors")
except OSError as problem:
    verdict("prevented", f"{problem} after {len(held)}")
finally:
    for fd in held:
        os.close(fd)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
