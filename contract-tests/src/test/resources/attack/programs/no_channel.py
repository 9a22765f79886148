# title: hand the supervisor what is no channel
# class: protocol
# tries: to have the supervisor fail by pipes, files, folders and listening sockets in the place of a thread's channel
# success: the supervisor takes them
# witness: supervisor
# harmless: on bare Python nobody takes descriptors
# bare: harmless
# process: contained
# bubblewrap: contained
# podman: contained

import os
import socket

listening = socket.socket(socket.AF_UNIX)
listening.bind("")  # a name that the system chooses
listening.listen()
others = [socket.socket(family, socket.SOCK_DGRAM) for family in (socket.AF_INET, socket.AF_UNIX)]
given = [os.open("/dev/null", os.O_RDONLY), os.open(".", os.O_RDONLY), *os.pipe(), listening.fileno()]
given += [each.fileno() for each in others]
sent = 0
for name in os.listdir("/proc/self/fd"):
    try:
        door = socket.socket(fileno=os.dup(int(name)))
    except OSError:
        continue
    if door.family == socket.AF_UNIX and door.type == socket.SOCK_SEQPACKET:
        for fd in given:
            socket.send_fds(door, [b"channel"], [fd])
            sent += 1
verdict("succeeded" if sent else "harmless", f"{sent} descriptors")
