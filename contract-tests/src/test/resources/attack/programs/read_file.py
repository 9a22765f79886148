# title: read a file of the host
# class: host files
# tries: to read a file outside of the workspace, by its path
# success: the file's content is printed
# witness: secret
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

attempt(lambda: open(planted["folder"] + "/secret.txt").read(), "secret.txt")
