# title: read through a link of its own
# class: host files
# tries: to read a file of the host through a symbolic link in the workspace
# success: the file's content is printed
# witness: secret
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

import os

os.symlink(planted["folder"] + "/secret.txt", "innocent.txt")
attempt(lambda: open("innocent.txt").read(), "innocent.txt")
os.unlink("innocent.txt")
