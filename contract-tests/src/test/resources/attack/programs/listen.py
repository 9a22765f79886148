# title: open a door to others
# class: network
# tries: to listen on every address of the host, those that other machines reach included
# success: it listens on an address that is not loopback
# witness: count
# needs: address
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

import socket


def serve():
    with socket.socket() as line:
        line.bind((planted["other"][0], 0))
        line.listen()
        return line.getsockname()


attempt(serve, "a port")
