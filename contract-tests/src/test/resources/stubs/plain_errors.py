"""A runner without kernels: it opens sessions, and answers every other request with an error of two fields."""

import json
import os
import struct
import sys

HEADER = struct.Struct(">IBBHIIII")
HELLO = {
    "magic": "pyvisor",
    "protocol": 1,
    "runner": "0.0.0",
    "incarnation": "0" * 32,
    "pid": os.getpid(),
    "python": "3.9.0",
    "implementation": "cpython",
    "limits": {"frame": 65536, "message": 67108864},
    "capabilities": ["execute", "variables", "tools", "reset"],
}


def send(kind, flags, number, body):
    sys.stdout.buffer.write(HEADER.pack(20 + len(body), kind, flags, 0, 0, 0, 0, number) + body)
    sys.stdout.buffer.flush()


def reply(number, envelope):
    text = json.dumps({"jsonrpc": "2.0", **envelope}).encode()
    send(2, 3, number, struct.pack(">IH", len(text), 0) + text)


def main():
    send(1, 0, 0, json.dumps(HELLO).encode())
    source = sys.stdin.buffer
    number = 0
    while True:
        header = source.read(HEADER.size)
        if len(header) < HEADER.size:
            return
        length, kind = HEADER.unpack(header)[:2]
        body = source.read(length - 20)
        if kind == 7:
            send(8, 0, 0, body)
        if kind != 2:
            continue
        size, _ = struct.unpack_from(">IH", body)
        request = json.loads(body[6 : 6 + size])
        number += 1
        if request["method"] == "session.open":
            opened = {"session": 1, "generation": 1, "workspace": request["params"].get("workspace", "/")}
            reply(number, {"id": request["id"], "result": opened})
        elif request["method"] in ("tools.register", "session.close", "shutdown"):
            reply(number, {"id": request["id"], "result": {}})
        else:
            reply(number, {"id": request["id"], "error": {"code": -31999, "message": "missing_name"}})


main()
