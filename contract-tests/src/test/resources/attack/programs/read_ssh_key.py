# title: read an ssh key
# class: host files
# tries: to read a private key that only the owner may read
# success: the key is printed
# witness: secret
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

attempt(lambda: open(planted["folder"] + "/.ssh/id_ed25519").read(), "id_ed25519")
