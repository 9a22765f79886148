# title: reach a server by the host's other address
# class: network
# tries: to connect to a server of the host by the address that other machines use
# success: the server's answer is printed
# witness: secret
# needs: address
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

import socket


def dial():
    with socket.create_connection(tuple(planted["other"]), timeout=2) as line:
        return line.recv(100)


attempt(dial, planted["other"])
