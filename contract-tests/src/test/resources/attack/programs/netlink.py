# title: see the machine's network
# class: network
# tries: to list interfaces other than loopback
# success: one is listed
# witness: count
# needs: address
# bare: succeeded
# process: succeeded
# bubblewrap: prevented
# podman: prevented

import socket

names = [name for _, name in socket.if_nameindex()]
verdict("succeeded" if set(names) - {"lo"} else "prevented", names)
