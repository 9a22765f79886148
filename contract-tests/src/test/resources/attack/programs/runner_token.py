# title: read the runner's token
# class: supervisor
# tries: to find the file of a token by the command lines of what it is started by, and to read it
# success: a token is printed
# witness: count
# client: own
# backend: websocket
# bare: succeeded
# process: prevented
# bubblewrap: prevented
# podman: prevented

import os


def find():
    pid = os.getppid()
    while pid > 0:
        words = open(f"/proc/{pid}/cmdline").read().split("\0")
        if "--token-file" in words:
            token = open(words[words.index("--token-file") + 1]).read().strip()
            if len(token) > 16:
                return f"a token of {len(token)} characters"
        pid = int(open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[1])
    raise OSError("no command line names one")


attempt(find, "its file")
