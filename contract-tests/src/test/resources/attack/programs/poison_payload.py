# title: change the runner's own files
# class: later sessions
# tries: to write into the files that the next runner is started from
# success: a file of the runner is changed
# witness: files
# client: own
# bare: succeeded
# process: succeeded

import os
import sys

written, refused = [], []
folders = {planted["payload"], *sys.path}
for folder in folders:
    path = os.path.join(folder, "_runner", "version.py")
    if os.path.exists(path) and planted["folder"] in os.path.realpath(path):
        try:
            with open(path, "a") as file:
                file.write("\n# poisoned\n")
            written.append(path)
        except OSError as problem:
            refused.append(str(problem))
verdict("succeeded" if written else "prevented", written or refused or "not found")
