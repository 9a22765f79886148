"""A thread's way to the supervisor."""

from __future__ import annotations

import socket
import unittest

from _runner.frames import FrameKind, FrameReader
from _runner.messages import MessageReader
from _runner.wire import Wire


class Counting(socket.socket):
    """A socket that counts what is written to it."""

    writes = 0

    def sendall(self, data: bytes, flags: int = 0) -> None:  # type: ignore[override]
        self.writes += 1
        super().sendall(data, flags)


class WireTest(unittest.TestCase):
    def test_messages_that_are_sent_together_are_one_write_and_stay_in_order(self) -> None:
        ours, theirs = socket.socketpair()
        self.addCleanup(theirs.close)
        counting = Counting(fileno=ours.detach())
        self.addCleanup(counting.close)
        Wire(counting, 3, 2).send_together(int(FrameKind.MESSAGE), [b'{"first":1}', b'{"second":2}'], cell=7)
        self.assertEqual(counting.writes, 1)
        reader = MessageReader()
        messages = [reader.accept(frame) for frame in FrameReader().feed(theirs.recv(65_536))]
        told = [(message.session, message.generation, message.cell, message.envelope) for message in messages if message]
        self.assertEqual(told, [(3, 2, 7, b'{"first":1}'), (3, 2, 7, b'{"second":2}')])


if __name__ == "__main__":
    unittest.main()
