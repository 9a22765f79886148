# title: have the supervisor die in its place
# class: supervisor
# tries: to make its parent the first that dies when memory runs out
# success: the parent is more likely to die than before
# witness: supervisor
# client: own
# bare: succeeded
# process: contained
# bubblewrap: contained
# podman: prevented

import os


def swap():
    path = f"/proc/{os.getppid()}/oom_score_adj"
    with open(path, "w") as file:
        file.write("900")
    return open(path).read()


attempt(swap, "its parent")
