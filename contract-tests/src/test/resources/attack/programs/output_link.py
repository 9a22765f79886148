# title: put a link in the place of a result
# class: host files
# tries: to have a host that looks and then opens read a file of the host's as its result, by swapping the result for a link all the time
# success: what the host collects is the host's own secret
# witness: secret
# client: own
# collect: report.txt
# bare: succeeded
# process: succeeded
# bubblewrap: succeeded
# podman: succeeded

import subprocess
import sys

CODE = """
import os, sys, time
target = sys.argv[1]
until = time.monotonic() + 6
while time.monotonic() < until:
    with open("mine", "w") as file:
        file.write("a result")
    os.rename("mine", "report.txt")
    os.symlink(target, "link")
    os.rename("link", "report.txt")
"""
subprocess.Popen(
    [sys.executable, "-I", "-S", "-c", CODE, planted["folder"] + "/secret.txt", planted["mark"]],
    stdin=subprocess.DEVNULL,
    stdout=subprocess.DEVNULL,
    stderr=subprocess.DEVNULL,
)
verdict("contained", "a result and a link take turns")
