# title: read shared memory of the host by its name
# class: processes
# tries: to read what a process outside of its sandbox has in /dev/shm
# success: the secret is printed
# witness: secret
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

attempt(lambda: open(planted["shared"]).read(), "/dev/shm")
