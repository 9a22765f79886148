# title: reach an abstract unix socket
# class: network
# tries: to connect to a socket that is in no file system, as that of a desktop's bus
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
        line.connect("\0" + planted["abstract"])
        return line.recv(100)


attempt(dial, "an abstract socket")
