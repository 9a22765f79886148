"""A thread's port: its wire, the tool calls that wait on it, and the one reading of it that serves
them all.
"""

from __future__ import annotations

import socket
from _thread import get_ident
from collections import deque
from typing import Any, Callable, Optional

from . import jsontext
from .frames import FrameKind
from .messages import Message
from .pristine import BUILTINS as __builtins__  # noqa: F401
from .slots import Slots
from .tool_errors import ToolError
from .wire import DETACH, Wire, WireClosed, wait_readable

_RELAY = int(FrameKind.RELAY)
_socketpair = socket.socketpair


class Reply:
    """What settled a call: an envelope that was read, or an error of this side's own."""

    __slots__ = ("envelope", "message", "error")

    def __init__(
        self, envelope: Any, message: Optional[Message], error: Optional[ToolError] = None
    ) -> None:
        self.envelope = envelope
        self.message = message
        self.error = error


class Call:
    """A tool call from its request to its reply. Settled once: by whoever takes it off its port."""

    __slots__ = ("id", "name", "cell", "sent", "future", "loop", "reply")

    def __init__(self, id: int, name: str, cell: int) -> None:
        self.id = id
        self.name = name
        self.cell = cell
        self.sent = False
        self.future: Any = None  # of an awaiting caller; a blocking one looks at `reply`
        self.loop: Any = None
        self.reply: Optional[Reply] = None

    def settle(self, reply: Reply) -> None:
        """In the thread of the port."""
        self.reply = reply
        if self.future is not None and not self.future.done():
            try:
                self.future.set_result(None)
            except RuntimeError:
                pass  # its loop is closed: nobody waits any more


class Port:
    """Confined to its thread, except for `cancel_calls` and `wake`."""

    def __init__(self, wire: Wire, slots: Slots) -> None:
        self.wire = wire
        self._slots = slots
        self.thread = get_ident()
        self.pending: dict[int, Call] = {}
        self.inbox: deque[Message] = (
            deque()
        )  # what came for the kernel itself while a call was waited for
        self.dropped = 0
        self._loop: Any = None
        self._busy = False
        self._waker: Optional[tuple[socket.socket, socket.socket]] = None

    # --- waiting ---

    def attach(self, loop: Any) -> None:
        """Have the loop read the wire."""
        if self._loop is loop:
            return
        self.detach()
        loop.add_reader(self.wire.fd, self._on_readable)
        self._loop = loop

    def detach(self) -> None:
        loop, self._loop = self._loop, None
        if loop is not None and not loop.is_closed():
            loop.remove_reader(self.wire.fd)

    def _on_readable(self) -> None:
        if self._busy:
            return  # a blocking call below this one in the stack reads already
        self._busy = True
        try:
            self._take(self.wire.receive_now())
        except WireClosed as closed:
            self.detach()
            self.fail_all(str(closed))
        finally:
            self._busy = False

    def pump(self) -> None:
        """Wait for the wire or a wake-up, and hand out what came."""
        if self._busy:
            raise ToolError(
                "a host tool cannot be called from a finalizer or a signal handler during another call"
            )
        self._busy = True
        try:
            waker = self._waker[0] if self._waker is not None else None
            wait_readable(self.wire.fd, waker.fileno() if waker is not None else None)
            if waker is not None:
                try:
                    waker.recv(4096)
                except BlockingIOError:
                    pass
            self._take(self.wire.receive_now())
        except WireClosed as closed:
            self.fail_all(str(closed))
        finally:
            self._busy = False

    def receive(self, on_stray: Callable[[BaseException], None]) -> Message:
        """The next message for the kernel itself; replies that nobody waits for are dropped
        (SES-4). `on_stray` is told what a signal handler of the user's raises meanwhile.
        """
        while not self.inbox:
            try:
                wait_readable(self.wire.fd, None)  # not in a read, whose bytes would be lost
            except BaseException as stray:  # noqa: B902 - a handler may raise anything
                on_stray(stray)
                continue
            self._take(self.wire.receive())
        return self.inbox.popleft()

    # --- handing out ---

    def _take(self, messages: list[Message]) -> None:
        for message in messages:
            if message.kind != _RELAY:
                self.inbox.append(message)
                continue
            try:
                envelope = jsontext.load(message.envelope)
                id = envelope["id"]
            except (ValueError, RecursionError, LookupError, TypeError) as problem:
                self.fail_all(f"the host's answer cannot be read: {problem}")
                continue
            call = self.take_off(id) if type(id) is int else None
            if call is None:
                self.dropped += 1
            else:
                call.settle(Reply(envelope, message))

    def take_off(self, id: int) -> Optional[Call]:
        """The call if it is still open; its slot is free from here on.

        Not only once its caller has noticed: that may be a coroutine below a blocking call that
        waits for the slot.
        """
        call = self.pending.pop(id, None)
        if call is not None:
            self._slots.give_back()
        return call

    def fail_all(self, reason: str) -> None:
        for id in list(self.pending):
            call = self.take_off(id)
            if call is not None:
                call.settle(Reply(None, None, ToolError(f"{call.name}: {reason}", code="internal")))

    # --- from other threads ---

    def wakeable(self) -> None:
        """Let other threads end this one's waiting."""
        if self._waker is None:
            ours, theirs = _socketpair()
            ours.setblocking(False)
            theirs.setblocking(False)
            self._waker = ours, theirs

    def wake(self) -> None:
        if self._waker is not None:
            try:
                self._waker[1].send(b"!")
            except OSError:
                pass  # full: it wakes anyway

    def settle_from_outside(self, call: Call, error: ToolError) -> None:
        """Settle a call that was taken out of `pending`, from whichever thread this is."""
        reply = Reply(None, None, error)
        if self.thread == get_ident() or call.loop is None:
            call.settle(reply)
            self.wake()
            return
        try:
            call.loop.call_soon_threadsafe(call.settle, reply)
        except RuntimeError:
            pass  # its loop is closed: nobody waits any more

    # --- the end ---

    def close(self) -> None:
        self.wire.close()
        waker, self._waker = self._waker, None
        for end in waker or ():
            end.close()

    def shed(self) -> None:
        """Its descriptors have been closed."""
        self.wire.shed()
        waker, self._waker = self._waker, None
        for end in waker or ():
            DETACH(end)

    def descriptors(self) -> list[int]:
        return [self.wire.fd, *(end.fileno() for end in self._waker or ())]

    def __del__(self) -> None:
        self.close()
