# title: memory bomb in children
# class: exhaustion
# tries: to have 300 MB in six processes, each of which stays below a limit of one process
# success: all of it is there at once
# witness: count
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

import os
import signal

children = []
for _ in range(6):
    told, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        signal.alarm(10)
        try:
            block = b"x" * 50_000_000
            os.write(tell, b"y")
            signal.pause()
        finally:
            os._exit(1)
    os.close(tell)
    children.append((pid, told))
full = sum(os.read(told, 1) == b"y" for _, told in children)
ended = 0
for pid, told in children:
    ended += os.waitpid(pid, os.WNOHANG)[0] == pid or bool(os.kill(pid, signal.SIGKILL))
    os.close(told)
verdict("succeeded" if full == 6 and not ended else "prevented", f"{full} of 6, {ended} died")
