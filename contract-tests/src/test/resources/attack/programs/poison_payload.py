# title: change the runner's own files
# class: later sessions
# tries: to write into the files that the next runner is started from
# success: a file of the runner is changed
# witness: files
# client: own
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

import os

written, refused = [], []
# The second is where a container has it; there it can be no runner of anybody else.
for folder in (planted["payload"], "/pyvisor-runner"):
    path = os.path.join(folder, "_runner", "version.py")
    if os.path.exists(path):
        try:
            with open(path, "a") as file:
                file.write("\n# poisoned\n")
            written.append(path)
        except OSError as problem:
            refused.append(str(problem))
if not written and not refused:
    raise RuntimeError("the runner's files are not found")
verdict("succeeded" if written else "prevented", written or refused)
