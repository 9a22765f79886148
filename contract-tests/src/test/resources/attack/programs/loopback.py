# title: reach a server on loopback
# class: network
# tries: to connect to a server that listens on 127.0.0.1 of the host
# success: the server's answer is printed
# witness: secret
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

import socket


def dial():
    with socket.create_connection(tuple(planted["loopback"]), timeout=2) as line:
        return line.recv(100)


attempt(dial, "127.0.0.1")
