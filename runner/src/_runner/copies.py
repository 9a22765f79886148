"""What a session can go back to, as the supervisor holds it: frozen copies of its kernel, and snapshots of plain data.

A copy is a process of its own and a child of the supervisor, asleep on its socket; closing that ends it.
"""

from __future__ import annotations

import json
import os
import socket
import struct
from typing import Any, Callable, NamedTuple, Optional, Sequence, Union

from . import limits, linux
from .errors import ErrorCode, RpcError
from .loop import READ, Loop

_CREDENTIALS = struct.Struct("3i")
_WORDS = 64  # bytes: a word and a number
_SPACE = socket.CMSG_SPACE(_CREDENTIALS.size)


class Waking(NamedTuple):
    """Who waits for it to wake."""

    on_awake: Callable[[int], None]
    on_lost: Callable[[], None]


class Copy:
    """A frozen copy. Confined to the supervisor's loop."""

    source = "checkpoint"
    reason: Optional[str] = None

    def __init__(self, loop: Loop, sock: socket.socket, cell: int, on_ended: Callable[[Copy], None]) -> None:
        self.cell = cell  # the last one whose effects it holds
        self.names: Optional[list[str]] = None
        self.pid = 0
        self._loop, self._socket, self._on_ended = loop, sock, on_ended
        self._waking: dict[int, Waking] = {}
        self._wakes = 0
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        loop.on(sock.fileno(), READ, self.listen)

    def wake(
        self,
        config: dict[str, Any],
        descriptors: Sequence[int],
        on_awake: Callable[[int], None],
        on_lost: Callable[[], None],
        *,
        stay: bool,
    ) -> None:
        """Let it go on as a kernel with these descriptors; where it is to stay, another copy of it does. Raises RpcError."""
        self._wakes += 1
        request = json.dumps({**config, "stay": stay, "wake": self._wakes}).encode("ascii")
        self._waking[self._wakes] = Waking(on_awake, on_lost)
        try:
            socket.send_fds(self._socket, [request], descriptors, linux.AT_ONCE)
        except OSError as problem:
            del self._waking[self._wakes]
            raise RpcError(ErrorCode.EXECUTION_FAILED, f"the checkpoint's process has ended: {problem}") from None

    def listen(self) -> None:
        """Take in what it says: its number, and that of whoever woke. The system vouches for both."""
        for _ in range(limits.DOOR_BATCH):
            if self._socket.fileno() < 0:
                return
            try:
                data, ancillary, _, _ = self._socket.recvmsg(_WORDS, _SPACE, linux.AT_ONCE)
            except BlockingIOError:
                return
            except OSError:
                data, ancillary = b"", []
            if not data:
                self._on_ended(self)
                self._let_go()
                return
            pid = _sender(ancillary)
            word, _, number = data.partition(b" ")
            if word == b"frozen":
                self.pid = pid
            elif word == b"awake" and number.isdigit():
                woken = self._waking.pop(int(number), None)
                if woken is not None and pid:
                    woken.on_awake(pid)

    def drop(self) -> None:
        """It ends. Whoever woke has told of itself, or is lost: nobody waits in vain."""
        if self._waking:
            self.listen()
        self._let_go()

    def _let_go(self) -> None:
        if self._socket.fileno() >= 0:
            self._loop.forget(self._socket.fileno())
            self._socket.close()
        waking, self._waking = self._waking, {}
        for waits in waking.values():
            waits.on_lost()


class Snapshot:
    """Plain data in a memory file, for a new kernel to read."""

    source = "snapshot"
    pid = 0

    def __init__(self, fd: int, cell: int, reason: str) -> None:
        self.cell = cell
        self.names: Optional[list[str]] = None
        self.reason: Optional[str] = reason
        self.fd = fd

    def listen(self) -> None:
        """Says nothing."""

    def drop(self) -> None:
        fd, self.fd = self.fd, -1
        if fd >= 0:
            os.close(fd)


Kept = Union[Copy, Snapshot]


def _sender(ancillary: Sequence[tuple[int, int, bytes]]) -> int:
    """The number of the process that spoke. What a guest hands over beside its words is let go of."""
    sender = 0
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_CREDENTIALS and len(data) >= _CREDENTIALS.size:
            sender = int(_CREDENTIALS.unpack_from(data)[0])
        elif level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            for (fd,) in struct.iter_unpack("i", data[: len(data) // 4 * 4]):
                os.close(fd)
    return sender


class Copies:
    """All that a session keeps: one of its own making, which the last state is in, and those with names."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self.latest: Optional[Kept] = None
        self.named: dict[str, Kept] = {}
        # Why there is no copy of the last state, for the report.
        self.why_none: Optional[str] = None

    def keep_latest(self, kept: Kept) -> None:
        self.drop_latest(kept.reason)
        self.latest = kept

    def drop_latest(self, why: Optional[str]) -> None:
        if self.latest is not None:
            self.latest.drop()
        self.latest, self.why_none = None, why

    def take_latest(self) -> Optional[Kept]:
        """Whoever takes it sees to its end."""
        found, self.latest = self.latest, None
        return found

    def keep_named(self, name: str, kept: Kept) -> None:
        self.drop_named(name)
        self.named[name] = kept

    def drop_named(self, name: str) -> bool:
        found = self.named.pop(name, None)
        if found is not None:
            found.drop()
        return found is not None

    def seal(self, names: list[str]) -> None:
        """Another cell begins: these are the names of the state before it."""
        for kept in self.all():
            if kept.names is None:
                kept.names = list(names)

    def ended(self, copy: Copy) -> None:
        """Its process has ended by itself, or was killed."""
        if self.latest is copy:
            self.latest, self.why_none = None, "the checkpoint's process had ended"
        for name, kept in list(self.named.items()):
            if kept is copy:
                del self.named[name]

    def all(self) -> list[Kept]:
        return [*self.named.values(), *([self.latest] if self.latest is not None else [])]

    def listen(self) -> None:
        for kept in self.all():
            kept.listen()

    def drop_all(self) -> None:
        self.drop_latest(None)
        for name in list(self.named):
            self.drop_named(name)

    def copy(self, sock: socket.socket, cell: int) -> Copy:
        return Copy(self._loop, sock, cell, self.ended)
