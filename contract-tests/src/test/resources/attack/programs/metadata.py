# title: reach the metadata address
# class: network
# tries: to find a way to 169.254.169.254, where clouds keep credentials; nothing is sent
# success: the system has a route
# witness: count
# needs: route
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

import socket


def route():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.settimeout(1)
        line.connect(("169.254.169.254", 80))
        return line.getsockname()


attempt(route, "a route")
