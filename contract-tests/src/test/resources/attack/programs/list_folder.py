# title: list a folder of the host
# class: host files
# tries: to see the names in a folder outside of the workspace, going up from the working directory
# success: the planted names are listed
# witness: count
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

import os

up = os.path.relpath(planted["folder"], os.getcwd())
try:
    names = os.listdir(up)
except OSError as problem:
    verdict("prevented", problem)
else:
    verdict("succeeded" if "secret.txt" in names else "prevented", names)
