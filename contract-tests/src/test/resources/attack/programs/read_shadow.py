# title: read a file of passwords
# class: host files
# tries: to read a copy of /etc/shadow by a path with `..`
# success: the hash is printed
# witness: secret
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

attempt(lambda: open(planted["folder"] + "/.ssh/../etc/shadow").read(), "etc/shadow")
