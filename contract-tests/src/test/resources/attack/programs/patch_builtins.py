# title: spoil Python for the runner
# class: protocol
# tries: to replace builtins and functions of modules that the runner itself uses, and to leave it so
# success: what runs next in the same process is misled
# witness: successor
# bare: succeeded
# process: contained
# bubblewrap: contained
# podman: contained

import builtins
import json
import os
import sys
import time

print = builtins.print
patched = {
    builtins: ("len", "isinstance", "compile", "exec", "repr", "open"),
    json: ("dumps", "loads"),
    time: ("monotonic", "sleep"),
    os: ("read", "waitpid", "_exit", "fork"),
}
sys.settrace(None)
line = builtins.len("four")
for module, names in patched.items():
    for name in names:
        setattr(module, name, lambda *args, **named: 0)
line = "succeeded" if len("four") == 0 and line == 4 else "prevented"
verdict(line, "patched")
