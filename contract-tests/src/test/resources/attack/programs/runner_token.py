# title: read the runner's token
# class: supervisor
# tries: to find the file of a token by the command lines of what it is started by, and to read it
# success: a token is printed
# witness: count
# client: own
# backend: websocket
# bare: succeeded
# process: succeeded

import os

pid, refused = os.getppid(), "no command line names one"
for _ in range(8):
    try:
        words = open(f"/proc/{pid}/cmdline").read().split("\0")
        if "--token-file" in words:
            token = open(words[words.index("--token-file") + 1]).read().strip()
            verdict("succeeded" if len(token) > 16 else "prevented", f"{len(token)} characters")
            break
        pid = int(open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[1])
    except OSError as problem:
        refused = problem
        break
    if pid < 2:
        verdict("prevented", refused)
        break
else:
    verdict("prevented", refused)
if "token" not in globals() and "words" in globals():
    verdict("prevented", refused)
