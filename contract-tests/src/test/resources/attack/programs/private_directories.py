# title: look into other sessions' directories
# class: later sessions
# tries: to find directories of other runners beside its own, and to list them
# success: it can list what is beside its own
# witness: count
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

import os

mine = os.environ.get("PYVISOR_DIR", os.getcwd())
try:
    beside = os.listdir(os.path.dirname(mine))
except OSError as problem:
    verdict("prevented", problem)
else:
    strangers = [one for one in beside if one != os.path.basename(mine)]
    verdict("succeeded" if strangers else "prevented", f"{len(strangers)} beside its own")
