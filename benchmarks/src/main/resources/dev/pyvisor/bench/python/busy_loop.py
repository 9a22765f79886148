"""Burns a core for argv[1] seconds, or until the process argv[2] is no longer its parent."""

import os
import sys
import time

end, parent = time.monotonic() + float(sys.argv[1]), int(sys.argv[2])
while time.monotonic() < end and os.getppid() == parent:
    for _ in range(100_000):
        pass
