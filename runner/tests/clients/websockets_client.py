"""What Python's `websockets` does with a listening runner. Argument: HOST:PORT; the token is in RUNNER_TOKEN.

Prints one line of JSON: what it saw.
"""

import json
import os
import sys
import urllib.request

from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

WHERE, TOKEN = sys.argv[1], os.environ["RUNNER_TOKEN"]


def opened(token):
    return connect(
        f"ws://{WHERE}/v1/link", subprotocols=["pyvisor.v1"], additional_headers={"Authorization": f"Bearer {token}"}, proxy=None
    )


def word(socket, kind):
    while True:
        message = socket.recv(timeout=20)
        if isinstance(message, bytes) and message[0] == kind:
            return message


def attached():
    socket = opened(TOKEN)
    socket.send(b'\x01{"incarnation":null,"received":0}')
    return socket, json.loads(word(socket, 2)[1:])


def main():
    seen = {}
    try:
        opened("x" * len(TOKEN)).close()
    except InvalidStatus as refused:
        seen["wrongToken"] = refused.response.status_code

    socket, content = attached()
    seen["subprotocol"] = socket.subprotocol
    seen["extensions"] = ",".join(extension.name for extension in socket.protocol.extensions)
    seen["incarnation"] = "string" if isinstance(content["incarnation"], str) else "none"
    seen["pong"] = "hello" if socket.ping("hello").wait(20) else "none"
    socket.send(b"\x05" + bytes(7) + b"\x07")
    seen["linkPong"] = word(socket, 6)[8]
    request = urllib.request.Request(f"http://{WHERE}/v1/status", headers={"Authorization": f"Bearer {TOKEN}"})
    seen["status"] = json.load(urllib.request.urlopen(request, timeout=20))["attached"]
    socket.close(1000, "done")
    seen["closed"] = socket.protocol.close_rcvd.code

    again, _ = attached()
    try:
        again.send(b"\x80" * 100_000)
        word(again, 0)
    except ConnectionClosed as closed:
        seen["oversized"] = closed.rcvd.code if closed.rcvd else None
    print(json.dumps(seen))


main()
