# title: reach a unix socket by its path
# class: network
# tries: to connect to a socket in the host's file system, as that of a container engine
# success: the server's answer is printed
# witness: secret
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

import socket


def dial():
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(2)
        line.connect(planted["socket"])
        return line.recv(100)


attempt(dial, "a socket by path")
