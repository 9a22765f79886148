"""A kernel that does what the cell's text says, and nothing else: it flushes nothing and ends nothing by itself.

It stands in for `_runner/kernel.py` in a copy of the runner. The text of a cell is run with `say`, `call`, `hold` and `wait`
defined, and must say `returned` and `done` by itself, if it wants to.
"""

from __future__ import annotations

import json
import os
import socket

from .frames import FrameKind, FrameReader, InnerFlag
from .messages import Message, MessageReader, encoded_frames


class Channel:
    def __init__(self, sock: socket.socket, config: dict) -> None:
        sock.setblocking(True)
        self.sock = sock
        self.session = config["session"]
        self.generation = config["generation"]
        self.frames = FrameReader()
        self.messages = MessageReader()
        self.number = 0
        self.waiting: list[Message] = []

    def send(self, kind: int, cell: int, envelope: dict, extra: int = 0) -> None:
        self.number += 1
        text = json.dumps(envelope).encode()
        message = Message(kind, 0, self.session, self.generation, cell, self.number, text)
        for frame in encoded_frames(message, extra):
            self.sock.sendall(frame)

    def receive(self) -> Message:
        while not self.waiting:
            data = self.sock.recv(65536)
            if not data:
                os._exit(0)
            for frame in self.frames.feed(data):
                message = self.messages.accept(frame)
                if message is not None:
                    self.waiting.append(message)
        return self.waiting.pop(0)


def run(main_socket: socket.socket, door: socket.socket, config: dict, page: object) -> None:
    channel = Channel(main_socket, config)
    channel.send(FrameKind.MESSAGE, 0, notification("ready", {"pid": os.getpid()}))
    while True:
        message = channel.receive()
        request = json.loads(message.envelope)
        if request["method"] == "execute":
            exec(bytes(message.attachments[0]).decode(), words(channel, message.cell))


def words(channel: Channel, cell: int) -> dict:
    """What a script may use."""

    def say(what: str, **params: object) -> None:
        if what == "returned":
            params = {"outcome": "completed", "cpuNanos": 0, **params}
        elif what == "done":
            params = {"toolCalls": 0, "peakMemoryBytes": 0, **params}
        channel.send(FrameKind.MESSAGE, cell, notification(what, params))

    def call(name: str, *args: object) -> dict:
        """Calls a tool and gives the whole reply."""
        request = {"jsonrpc": "2.0", "id": 1, "method": "tool.call", "params": {"name": name, "args": args, "kwargs": {}}}
        channel.send(FrameKind.RELAY, cell, request, InnerFlag.CALL)
        return json.loads(channel.receive().envelope)

    def wait(fifo: str) -> None:
        """Waits until somebody opens the fifo for writing."""
        with open(fifo, "rb") as file:
            file.read()

    def hold(fifo: str) -> int:
        """Starts a process that holds the output pipes until the fifo is opened for writing."""
        pid = os.fork()
        if pid == 0:
            channel.sock.close()
            wait(fifo)
            os._exit(0)
        return pid

    def write(fd: int, data: bytes) -> None:
        """Writes all of it."""
        view = memoryview(data)
        while view:
            view = view[os.write(fd, view) :]

    return {"os": os, "say": say, "call": call, "wait": wait, "hold": hold, "write": write}


def notification(method: str, params: dict) -> dict:
    return {"jsonrpc": "2.0", "method": method, "params": params}
