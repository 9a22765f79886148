"""One thread's own way to the supervisor: whole messages over a blocking socket."""

from __future__ import annotations

import _socket
import errno
import itertools
import select
import socket
from itertools import chain
from typing import Iterable, Optional, Sequence

from . import limits
from .frames import Bytes, FrameReader
from .messages import Message, MessageReader, encoded_frames
from .pristine import BUILTINS as __builtins__  # noqa: F401

_poll, _POLLIN = select.poll, select.POLLIN
_DONTWAIT = socket.MSG_DONTWAIT
_RELEASE = socket.socket.close
DETACH = _socket.socket.detach  # of a socket whose descriptor was closed without it


class WireClosed(OSError):
    """The supervisor has closed this way, or has ended."""


class WireBroken(WireClosed):
    """The cell closed the descriptor itself, or put a file in its place."""


_BROKEN = frozenset((errno.EBADF, errno.ENOTSOCK, errno.ENOTCONN))


class Wire:
    """Confined to one thread, except that frames of another message may be sent between its frames
    (FRM-12).
    """

    def __init__(self, sock: socket.socket, session: int, generation: int) -> None:
        self._numbers = itertools.count(1)
        self.bind(sock, session, generation)

    def bind(self, sock: socket.socket, session: int, generation: int) -> None:
        """Speak over this socket from here on; what was half heard over the one before is forgotten."""
        sock.setblocking(True)
        self._socket = sock
        self._session, self._generation = session, generation
        self._send, self._recv = sock.sendall, sock.recv
        self._frames, self._messages = FrameReader(), MessageReader()
        self.fd = sock.fileno()

    def send(
        self,
        kind: int,
        envelope: bytes,
        attachments: Sequence[Bytes] = (),
        *,
        cell: int,
        flags: int = 0,
    ) -> None:
        """Send a whole message. Raises `RpcError` above a limit, before anything is sent."""
        self._write(encoded_frames(self._message(kind, envelope, attachments, cell), flags))

    def send_together(self, kind: int, envelopes: Sequence[bytes], *, cell: int) -> None:
        """Send small messages in one write, so that the other side wakes once for all of them."""
        frames = [encoded_frames(self._message(kind, envelope, (), cell)) for envelope in envelopes]
        self._write((b"".join(chain.from_iterable(frames)),))

    def _message(
        self, kind: int, envelope: bytes, attachments: Sequence[Bytes], cell: int
    ) -> Message:
        number = next(self._numbers) % limits.SUPERVISOR_NUMBERS
        return Message(
            kind, 0, self._session, self._generation, cell, number, envelope, attachments
        )

    def _write(self, frames: Iterable[bytes]) -> None:
        try:
            for frame in frames:
                self._send(frame)
        except OSError as problem:
            raise _closed(problem) from None

    def receive(self, flags: int = 0) -> list[Message]:
        """What one read completes; waits for its first byte."""
        try:
            data = self._recv(limits.READ_SIZE, flags)
        except BlockingIOError:
            return []
        except OSError as problem:
            raise _closed(problem) from None
        if not data:
            raise WireClosed(_CLOSED)
        messages = []
        for frame in self._frames.feed(data):
            message = self._messages.accept(frame)
            if message is not None:
                messages.append(message)
        return messages

    def receive_now(self) -> list[Message]:
        """What one read completes; does not wait."""
        return self.receive(_DONTWAIT)

    def is_readable(self) -> bool:
        """Whether there is something to read, or it has ended."""
        waiting = _poll()
        waiting.register(self.fd, _POLLIN)
        return bool(waiting.poll(0))

    def shed(self) -> None:
        """Its descriptor has been closed."""
        DETACH(self._socket)

    def close(self) -> None:
        _RELEASE(self._socket)


_CLOSED = "the supervisor has closed the channel"


def _closed(problem: OSError) -> WireClosed:
    if problem.errno in _BROKEN:
        return WireBroken("the cell closed the kernel's own channel")
    return WireClosed(_CLOSED)


def wait_readable(fd: int, other: Optional[int]) -> None:
    """Wait until one of the descriptors has something to read or has ended.

    Nothing is consumed here, so this is where a signal may raise without losing anything.
    """
    waiting = _poll()
    waiting.register(fd, _POLLIN)
    if other is not None:
        waiting.register(other, _POLLIN)
    waiting.poll()
