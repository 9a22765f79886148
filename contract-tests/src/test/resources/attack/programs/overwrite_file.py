# title: overwrite a file of the host
# class: host files
# tries: to empty a file that belongs to the host
# success: the file's content is gone
# witness: files
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

attempt(lambda: open(planted["folder"] + "/secret.txt", "w").close(), "secret.txt")
