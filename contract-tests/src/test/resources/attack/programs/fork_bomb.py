# title: fork bomb
# class: exhaustion
# tries: to have 300 processes at once
# success: 300 processes are there
# witness: count
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

import os
import signal

pids, refused = [], None
try:
    while len(pids) < 300:
        pid = os.fork()
        if pid == 0:
            signal.alarm(8)
            signal.pause()
            os._exit(0)
        pids.append(pid)
except OSError as problem:
    refused = problem
finally:
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    for pid in pids:
        os.waitpid(pid, 0)
verdict("prevented" if refused else "succeeded", f"{len(pids)} processes, {refused}")
