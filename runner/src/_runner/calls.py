"""Calling host tools: from the main thread, from a running loop, from any other thread."""

from __future__ import annotations

import itertools
import os
import socket
import struct
import weakref
from _thread import _local, get_ident
from functools import partial
from typing import Any, Callable, Optional, Sequence

from . import jsontext, limits
from .decoder import BadDocument, decode, may_hold_forms
from .encoder import Encoder
from .errors import RpcError
from .frames import Bytes, FrameKind, InnerFlag
from .ports import Call, Port, Reply
from .pristine import BUILTINS as __builtins__  # noqa: F401
from .slots import Slots, Turn
from .tool_errors import ToolCallTooLarge, ToolCancelled, ToolError, from_wire
from .wire import DETACH, Wire, WireClosed

_RELAY, _CALL, _CANCEL = int(FrameKind.RELAY), int(InnerFlag.CALL), int(InnerFlag.CANCEL)
_socketpair, _send_fds, _close = socket.socketpair, socket.send_fds, os.close
_SOL, _RIGHTS, _FD = socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.Struct("i")


class _Current(_local):
    """The port of the thread that asks."""

    port: Optional[Port] = None


class Calls:
    """All tool calls of a kernel. Thread-safe: each thread has its own port, the slots have their
    own lock.
    """

    def __init__(
        self,
        wire: Wire,
        door: socket.socket,
        session: int,
        generation: int,
        check: Callable[[], None],
    ) -> None:
        self._check = check  # raises the interrupt that came while the runner's code was on the stack
        self.cell = 0
        self.made = 0  # in this cell
        self._slots = Slots(limits.TOOL_CALLS)
        self.main = Port(wire, self._slots)
        self._door = door
        self._session, self._generation = session, generation
        self._current = _Current()
        self._current.port = self.main
        self._others: weakref.WeakSet[Port] = weakref.WeakSet()
        self._in_threads = False  # whether there ever was another
        self._ids = itertools.count(1)
        self._forked = False
        self.copying = False

    @property
    def in_main_thread(self) -> bool:
        return get_ident() == self.main.thread

    # --- calling ---

    def call_blocking(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call a tool and wait for its answer; other calls of this thread go on meanwhile."""
        port = self._port()
        call = Call(next(self._ids), name, self.cell)
        request = _request(call, args, kwargs)
        if not self._slots.try_take():
            self._wait_for_turn(port)
        port.pending[call.id] = call
        try:
            self._send(port, call, request)
            while call.reply is None:
                self._check_interrupt()
                port.pump()
            self._check_interrupt()
        except BaseException:
            self._abandon(port, call)
            raise
        return _outcome(call)

    async def call_awaited(
        self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], loop: Any
    ) -> Any:
        """Call a tool from a coroutine of this loop."""
        port = self._port()
        call = Call(next(self._ids), name, self.cell)
        request = _request(call, args, kwargs)
        if not self._slots.try_take():
            await self._await_turn(loop)
        port.pending[call.id] = call
        try:
            port.attach(loop)
            call.future, call.loop = loop.create_future(), loop
            self._send(port, call, request)
            self._check_interrupt()
            await call.future
        except BaseException:
            self._abandon(port, call)
            raise
        return _outcome(call)

    def _check_interrupt(self) -> None:
        if self.in_main_thread:
            self._check()

    def _send(self, port: Port, call: Call, request: tuple[bytes, Sequence[Bytes]]) -> None:
        try:
            port.wire.send(_RELAY, *request, cell=call.cell, flags=_CALL)
        except RpcError as refused:
            raise ToolCallTooLarge(f"{call.name}: {refused.message}") from None
        except WireClosed as closed:
            raise ToolError(
                f"{call.name}: {closed}; at most {limits.CHANNELS} threads of a session call tools at a time",
                code="resource_exhausted",
            ) from None
        call.sent = True
        self.made += 1

    def _abandon(self, port: Port, call: Call) -> None:
        """Its caller does not wait any more: tell the host, once, if it was told of the call."""
        if port.take_off(call.id) is not None and call.sent:
            cancel(port.wire, call)

    # --- waiting for a slot ---

    def _wait_for_turn(self, port: Port) -> None:
        port.wakeable()
        turn = Turn(port.wake)
        self._slots.take_or_queue(turn)
        try:
            while not turn.granted:
                port.pump()
        except BaseException:
            self._slots.leave(turn)
            raise

    async def _await_turn(self, loop: Any) -> None:
        future = loop.create_future()

        def grant() -> None:
            loop.call_soon_threadsafe(lambda: future.done() or future.set_result(None))

        turn = Turn(grant)
        self._slots.take_or_queue(turn)
        try:
            if not turn.granted:
                await future
        except BaseException:
            self._slots.leave(turn)
            raise

    # --- ports ---

    def _port(self) -> Port:
        if self._forked:
            raise ToolError(
                "a host tool cannot be called from a forked process: only the session's own process can"
            )
        port = self._current.port
        if port is None:
            port = self._current.port = self._open_port()
        return port

    def port(self) -> Optional[Wire]:
        """The wire of this thread, for messages that are not calls; None in a forked process."""
        return None if self._forked else self._port().wire

    def _ports(self) -> list[Port]:
        """The main thread's first."""
        return [self.main, *self._others] if self._in_threads else [self.main]

    def _open_port(self) -> Port:
        ours, theirs = _socketpair()
        try:
            with theirs:
                _send_fds(self._door, [b"channel"], [theirs.fileno()])
        except OSError:
            ours.close()
            raise
        port = Port(Wire(ours, self._session, self._generation), self._slots)
        port.wakeable()
        self._others.add(port)
        self._in_threads = True
        return port

    # --- cells ---

    def begin_cell(self, cell: int) -> None:
        self.cell = cell
        self.made = 0

    def end_cell(self) -> int:
        """Cancel the calls that the cell leaves open (LIF-12); the number of calls that were made
        in it.
        """
        for id in list(self.main.pending):
            call = self.main.take_off(id)
            if call is not None:
                cancel(self.main.wire, call)
                call.settle(Reply(None, None, _cancelled(call)))
        self.main.detach()
        for port in self._ports()[1:]:
            for id, call in list(port.pending.items()):
                # The supervisor's reply to the cell cancels these at the host.
                if call.cell == self.cell and port.take_off(id) is not None:
                    port.settle_from_outside(call, _cancelled(call))
        return self.made

    # --- copies of this process ---

    def has_message(self) -> bool:
        """Whether there is something for the kernel itself to do."""
        return bool(self.main.inbox) or self.main.wire.is_readable()

    def descriptors(self) -> list[int]:
        """What is not the user's."""
        return [self._door.fileno(), *(fd for port in self._ports() for fd in port.descriptors())]

    def word_aside(self, said: bytes, fd: Optional[int]) -> Callable[[], int]:
        """What tells the supervisor of something beside the messages, with a descriptor, when it is called. Raises
        OSError.
        """
        # Not by `send_fds`, which imports a module each time.
        return partial(self._door.sendmsg, [said], [] if fd is None else [(_SOL, _RIGHTS, _FD.pack(fd))])

    def shed(self) -> None:
        """In a copy that has woken: its descriptors have been closed, and are others by now."""
        for port in self._ports():
            port.shed()
        self.main.inbox.clear()
        DETACH(self._door)

    def adopt(self, main: socket.socket, door: socket.socket, session: int, generation: int) -> None:
        """In a copy that has woken: these are its channels."""
        self.main.wire.bind(main, session, generation)
        self._door, self._session, self._generation = door, session, generation

    def after_fork(self) -> None:
        """In a forked child: none of the channels may be held open by it, or spoken on."""
        if self.copying:
            return  # no child of the user's; it sheds them itself
        self._forked = True
        for fd in [
            self._door.fileno(),
            self.main.wire.fd,
            *(port.wire.fd for port in list(self._others)),
        ]:
            try:
                _close(fd)
            except OSError:
                pass


def cancel(wire: Wire, call: Call) -> None:
    envelope = b'{"jsonrpc":"2.0","method":"tool.cancel","params":{"id":%d}}' % call.id
    try:
        wire.send(_RELAY, envelope, cell=call.cell, flags=_CANCEL)
    except WireClosed:
        pass  # the supervisor has ended, and with it the call


def _cancelled(call: Call) -> ToolError:
    return ToolCancelled(f"{call.name}: cancelled, because the cell that made the call has ended")


def _request(
    call: Call, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[bytes, Sequence[Bytes]]:
    encoder = Encoder()
    positional = encoder.encode(list(args))
    named = encoder.encode(kwargs)
    if encoder.too_large:
        raise ToolCallTooLarge(
            f"{call.name}: the arguments are larger than a message may be ({limits.MESSAGE} bytes, "
            f"{limits.ATTACHMENTS} attachments)"
        )
    envelope = (
        b'{"jsonrpc":"2.0","id":%d,"method":"tool.call","params":{"name":%b,"args":%b,"kwargs":%b}}'
        % (
            call.id,
            jsontext.dump(call.name),
            positional,
            named,
        )
    )
    return envelope, encoder.attachments


def _outcome(call: Call) -> Any:
    """The answer as a value, or raised."""
    reply = call.reply
    assert reply is not None
    if reply.error is not None:
        raise reply.error
    message, envelope = reply.message, reply.envelope
    forms = message.attachments or may_hold_forms(message.envelope)
    try:
        if "error" not in envelope:
            result = envelope["result"]
            return decode(result, message.attachments) if forms else result
        error = envelope["error"]
        details = error.get("data") if isinstance(error, dict) else None
        data = details.get("data") if isinstance(details, dict) else None
        raise from_wire(error, decode(data, message.attachments) if forms else data)
    except (BadDocument, LookupError) as problem:
        raise ToolError(
            f"{call.name}: the host's answer cannot be read: {problem}", code="internal"
        ) from None
