# title: hard link out of the workspace
# class: host files
# tries: to make a second name for a file of the host in the workspace, and to write through it
# success: the file of the host is changed
# witness: files
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

import os


def link():
    os.link(planted["folder"] + "/secret.txt", "linked.txt")
    with open("linked.txt", "a") as file:
        return file.write("changed")


attempt(link, "linked.txt")
