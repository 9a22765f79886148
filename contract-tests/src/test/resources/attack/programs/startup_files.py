# title: leave code for the next session
# class: later sessions
# tries: to have the next Python of the same user run its code, by a file that Python reads when it starts
# success: its mark is there in a new Python
# witness: count
# client: own
# bare: succeeded
# process: prevented
# bubblewrap: prevented
# podman: prevented

import os
import site

folder = site.getusersitepackages()
os.makedirs(folder, exist_ok=True)
with open(folder + "/usercustomize.py", "w") as file:
    file.write("import builtins; builtins.POISONED = True\n")

# == the next session ==
import builtins

poisoned = hasattr(builtins, "POISONED")
verdict("succeeded" if poisoned else "prevented", f"poisoned: {poisoned}")
