# title: listen to the machine's traffic
# class: network
# tries: to open a packet socket, which sees what others send, and to find an interface under it
# success: it is bound to an interface other than loopback
# witness: count
# needs: address, right
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

import socket


def sniff():
    name = [one for _, one in socket.if_nameindex() if one != "lo"]
    if not name:
        raise OSError("no interface but loopback")
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as line:
        line.bind((name[0], 0))
        return line.getsockname()[0]


attempt(sniff, "a packet socket")
