"""A small host on a link that may be cut: the frames of `Host`, in records on a websocket."""

from __future__ import annotations

from typing import Any, Optional

from _runner import link
from _runner.link import Link, Sequenced
from _runner.websocket import Opcode
from tests.support.host import Ended, Host
from tests.support.listening import Peer, Runner, masked


class LinkedHost(Host):
    """The host of a listening runner. Use as a context manager; leaving it drops its connection and leaves the runner."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner
        self.link = Link()
        self.incarnation: Optional[str] = None
        self.doubling = False  # whether each record is sent twice
        self._know_nothing(-1, -1)
        self.attach()

    def attach(self) -> Peer:
        """A new connection, beside the one that there may be; returns the one that there was."""
        before, self.peer = getattr(self, "peer", None), Peer(self.runner).open()
        answer = self.peer.attach(self.incarnation, self.link.receiver.received)
        self.incarnation = answer["incarnation"]
        self.link.resume(answer["received"])
        self._in = self._out = self.peer.socket.fileno()
        self._hear()
        self._say()
        return before or self.peer

    def cut(self) -> None:
        self.peer.socket.close()
        self.link.sender.cut()

    def close(self) -> int:
        self.peer.socket.close()
        return 0

    def message(self, data: bytes) -> bytes:
        """The stream goes on with this: the frame of the websocket that says so, for whoever sends it."""
        self.link.sender.write(data)
        message = self.link.next_message()
        assert message is not None
        return masked(Opcode.BINARY, message)

    def queued(self) -> bytes:
        """What waits to be sent, taken."""
        data = b"".join(self._queue)
        self._queue.clear()
        return data

    def _read(self) -> None:
        try:
            self.peer.more()
        except EOFError:
            raise Ended() from None
        self._hear()

    def _hear(self) -> None:
        for opcode, body in iter(self.peer.whole, None):
            word = link.decode(body) if opcode == Opcode.BINARY else None
            if word is not None:
                for frame in self._frames.feed(self.link.take(word)):
                    self._take(frame)
            if isinstance(word, Sequenced):
                self.peer.send(masked(Opcode.BINARY, self.link.owed()))

    def _write(self) -> None:
        self.link.sender.write(self._queue.pop(0))
        self._say()

    def _say(self) -> None:
        message = self.link.next_message()
        while message is not None:
            self.peer.send(masked(Opcode.BINARY, message) * (2 if self.doubling else 1))
            message = self.link.next_message()

    def __exit__(self, *_: Any) -> None:
        self.close()
