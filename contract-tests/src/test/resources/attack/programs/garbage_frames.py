# title: write garbage to the private socket
# class: protocol
# tries: to have the supervisor fail by a length that is none and by random bytes
# success: the supervisor takes it
# witness: supervisor
# bare: succeeded
# process: contained, new kernel
# bubblewrap: contained, new kernel
# podman: contained, new kernel

import os
import random
import stat

noise = b"\xff" * 16 + random.Random(6).randbytes(4096)
found = 0
for name in os.listdir("/proc/self/fd"):
    try:
        fd = int(name)
        if fd > 99 and stat.S_ISSOCK(os.fstat(fd).st_mode):
            found += 1
            os.write(fd, noise)
    except OSError:
        pass
verdict("succeeded" if found else "prevented", f"{found} sockets")
