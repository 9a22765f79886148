# title: forge frames on the private socket
# class: protocol
# tries: to find the sockets to its supervisor in /proc/self/fd, and to write an outcome of its own
# success: the supervisor takes it for one
# witness: supervisor
# bare: succeeded
# process: contained, new kernel
# bubblewrap: contained, new kernel
# podman: contained, new kernel

import json
import os
import stat

forged = json.dumps(
    {"jsonrpc": "2.0", "id": 1, "result": {"kind": "completed", "stdout": "forged"}}
).encode()
found = 0
for name in os.listdir("/proc/self/fd"):
    try:
        fd = int(name)
        if fd > 99 and stat.S_ISSOCK(os.fstat(fd).st_mode):
            found += 1
            os.write(fd, len(forged).to_bytes(4, "big") + forged)
    except OSError:
        pass
verdict("succeeded" if found else "prevented", f"{found} sockets")
