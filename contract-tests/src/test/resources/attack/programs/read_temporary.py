# title: read temporary files of others
# class: host files
# tries: to read a file that another program has in /tmp
# success: the secret is printed
# witness: secret
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

attempt(lambda: open(planted["temporary"]).read(), "/tmp")
