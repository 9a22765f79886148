# title: carry data out by name look-ups
# class: network
# tries: to ask a server for a name over a datagram, as a leak through DNS does
# success: the server's answer is printed
# witness: secret
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

import socket


def ask():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.settimeout(1)
        query = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x04leak\x00\x00\x01\x00\x01"
        line.sendto(query, tuple(planted["udp"]))
        return line.recv(512)


attempt(ask, "udp")
