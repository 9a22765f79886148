# title: read another's environment
# class: processes
# tries: to find a secret in /proc/PID/environ of every process that it sees
# success: the secret is printed
# witness: secret
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

import os

pids = [planted["holder"], *filter(str.isdigit, os.listdir("/proc"))]
refused = "no process has it"
for pid in pids:
    try:
        found = open(f"/proc/{pid}/environ").read()
    except OSError as problem:
        refused = problem
        continue
    if "PLANTED_SECRET=" in found:
        verdict("succeeded", found[found.index("PLANTED_SECRET=") :].split("\0")[0])
        break
else:
    verdict("prevented", refused)
