"""What hostile programs look for on a host: servers that tell a secret to whoever comes, and a
process that has it in its environment and its memory. Ends with its standard input.
"""

import ctypes
import json
import os
import select
import socket
import sys

secret = os.environ["PLANTED_SECRET"].encode()
folder, file, other = sys.argv[1:]
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

libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
told["shm"] = libc.shmget(0, 4096, 0o1666)
here = libc.shmat(told["shm"], None, 0)
libc.shmctl(told["shm"], 0, None)  # IPC_RMID: it goes with this process
ctypes.memmove(here, secret, len(secret))

handle = ctypes.create_string_buffer(8 + 128)
handle[0:4] = (128).to_bytes(4, sys.byteorder)
mount = ctypes.c_int()
found = libc.name_to_handle_at(-100, file.encode(), handle, ctypes.byref(mount), 0)
told["handle"] = "" if found else handle.raw.hex()
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
