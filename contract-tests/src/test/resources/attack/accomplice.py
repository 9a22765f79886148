"""What hostile programs look for on a host: servers that tell a secret to whoever comes, and a
process that has it in its environment and its memory. Ends with its standard input.
"""

import json
import os
import select
import socket
import sys

secret = os.environ["PLANTED_SECRET"].encode()
folder, other = sys.argv[1], sys.argv[2]
streams, datagrams, told = [], [], {"holder": os.getpid()}


def plant(name, kind, family, address):
    listening = socket.socket(family, kind)
    listening.bind(address)
    told[name] = listening.getsockname()
    if kind == socket.SOCK_STREAM:
        listening.listen(16)
        streams.append(listening)
    else:
        datagrams.append(listening)


plant("loopback", socket.SOCK_STREAM, socket.AF_INET, ("127.0.0.1", 0))
plant("udp", socket.SOCK_DGRAM, socket.AF_INET, ("127.0.0.1", 0))
if other:
    plant("other", socket.SOCK_STREAM, socket.AF_INET, (other, 0))
plant("socket", socket.SOCK_STREAM, socket.AF_UNIX, os.path.join(folder, "door"))
name = f"planted-{os.getpid()}"
plant("abstract", socket.SOCK_STREAM, socket.AF_UNIX, "\0" + name)
told["abstract"] = name
told["held"] = id(secret)
print(json.dumps(told), flush=True)

while True:
    ready, _, _ = select.select([0, *streams, *datagrams], [], [])
    for one in ready:
        if one == 0:
            sys.exit()
        elif one in streams:
            with one.accept()[0] as visitor:
                visitor.sendall(secret)
        else:
            _, visitor = one.recvfrom(2048)
            one.sendto(secret, visitor)
