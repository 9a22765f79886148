# title: spoil Python for the runner
# class: protocol
# tries: to replace builtins and functions of modules that the runner itself uses
# success: what runs after it in the same process fails or is misled
# witness: count
# bare: succeeded
# process: contained

import builtins
import json
import os

before = builtins.len, os.write, json.dumps
builtins.len = lambda thing: 0
os.write = lambda fd, data: 0
json.dumps = lambda thing, **named: "spoilt"
spoilt = len("four") == 0 and json.dumps({}) == "spoilt"
builtins.len, os.write, json.dumps = before
verdict("succeeded" if spoilt else "prevented", "builtins")
