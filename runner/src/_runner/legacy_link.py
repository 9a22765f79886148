"""The host's end of our own protocol, for the one session that the deprecated dialect knows. Sans-I/O.

Frames of the supervisor in, frames for it out; requests are settled by what they were given to call.
"""

from __future__ import annotations

import itertools
import json
from collections import deque
from typing import Any, Callable, Iterator, Protocol, Sequence

from . import limits, rpc
from .credit import Purse, Till
from .errors import ErrorCode, RpcError
from .frames import Bytes, Flag, Frame, FrameKind, Lane, decode_credit, encode_credit
from .messages import Message, MessageReader, encoded_frames
from .session import STDERR, STDOUT

_MESSAGE, _RELAY = int(FrameKind.MESSAGE), int(FrameKind.RELAY)
_LATE = int(Flag.LATE)
_LANES = {STDOUT: Lane.STDOUT, STDERR: Lane.STDERR}
Settle = Callable[[rpc.Reply], None]


class House(Protocol):
    """Who uses the link."""

    def runner_greeted(self) -> None: ...

    def session_wrote(self, stream: int, cell: int, data: bytes, *, late: bool) -> None: ...

    def kernel_said(self, message: Message, said: rpc.Request) -> None: ...

    def generation_began(self, generation: int) -> None: ...


class Link:
    """Confined to the supervisor's loop."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._reader = MessageReader()
        self._replies: dict[int, Settle] = {}
        self._ids, self._numbers = itertools.count(1), itertools.count(1)
        self._purse = Purse(limits.KERNEL_WINDOW)
        self._tills = {stream: Till(limits.OUTPUT_WINDOW, limits.OUTPUT_WINDOW // 4) for stream in _LANES}
        self._free: list[bytes] = []  # needs no credit
        self._charged: deque[bytes] = deque()
        self._generation = 1
        self.unread = 0  # bytes of frames that wait for credit, or that the kernel has not read
        self.dropped = 0

    # --- to the supervisor ---

    def ask(self, method: str, params: dict[str, Any], settle: Settle) -> None:
        """A request that the supervisor answers. Raises RpcError for one that it would not take."""
        id = next(self._ids)
        envelope = _request(id, method, params)
        if len(envelope) > limits.CONTROL_MESSAGE:
            raise RpcError(
                ErrorCode.MESSAGE_TOO_LARGE,
                f"{method}: {len(envelope)} bytes are more than such a request may have ({limits.CONTROL_MESSAGE})",
            )
        self._free.extend(encoded_frames(self._message(_MESSAGE, 0, 0, 0, 0, envelope)))
        self._replies[id] = settle

    def operate(self, session: int, cell: int, params: dict[str, Any], code: bytes, settle: Settle) -> None:
        """A cell. Raises RpcError for code that is too long."""
        id = next(self._ids)
        self._charge(self._message(_MESSAGE, 0, session, 0, cell, _request(id, "execute", params), [code]))
        self._replies[id] = settle

    def answer(self, call: Message, envelope: bytes) -> None:
        """The answer to a call that a kernel made."""
        self._charge(self._message(_RELAY, call.channel, call.session, call.generation, call.cell, envelope))

    def outgoing(self) -> Iterator[bytes]:
        """The frames that may be sent now."""
        free, self._free = self._free, []
        yield from free
        while self._charged and len(self._charged[0]) - limits.FRAME_HEADER <= self._purse.left:
            data = self._charged.popleft()
            self._purse.left -= len(data) - limits.FRAME_HEADER
            yield data

    def _message(
        self,
        kind: int,
        channel: int,
        session: int,
        generation: int,
        cell: int,
        envelope: bytes,
        attachments: Sequence[Bytes] = (),
    ) -> Message:
        number = (next(self._numbers) - 1) % (limits.SUPERVISOR_NUMBERS - 1) + 1
        return Message(kind, channel, session, generation, cell, number, envelope, attachments)

    def _charge(self, message: Message) -> None:
        for data in encoded_frames(message):
            self._charged.append(data)
            self.unread += len(data) - limits.FRAME_HEADER

    # --- from the supervisor ---

    def take(self, frame: Frame) -> None:
        kind = frame.kind
        if kind in _LANES:
            self._output(frame)
        elif kind == _MESSAGE or kind == _RELAY:
            message = self._reader.accept(frame)
            if message is not None:
                self._message_came(message)
        elif kind == FrameKind.CREDIT:
            amount = decode_credit(frame)[1]
            self.unread -= amount
            self._purse.fill(amount)
        elif kind == FrameKind.HELLO:
            self._house.runner_greeted()

    def _output(self, frame: Frame) -> None:
        till = self._tills[frame.kind]
        till.take(len(frame.body))
        given = till.consume(len(frame.body))
        if given:
            self._free.append(encode_credit(frame.session, _LANES[frame.kind], given))
        self._house.session_wrote(frame.kind, frame.cell, frame.body, late=bool(frame.flags & _LATE))

    def _message_came(self, message: Message) -> None:
        try:
            said = rpc.parse(message.envelope)
        except rpc.Refusal:
            self.dropped += 1  # a guest wrote it
            return
        if message.kind == _RELAY:
            if isinstance(said, rpc.Request) and isinstance(said.params, dict):
                self._house.kernel_said(message, said)
            else:
                self.dropped += 1
        elif isinstance(said, rpc.Reply):
            self._replies.pop(said.id)(said)  # type: ignore[arg-type] # the supervisor's own: it answers what was asked
        elif said.method == "generation":
            self._begin_generation(said.params["session"], said.params["generation"])

    def _begin_generation(self, session: int, generation: int) -> None:
        for ended in range(self._generation, generation):
            self._reader.forget_generation(session, ended)
        self._generation = generation
        self._house.generation_began(generation)


def _request(id: int, method: str, params: dict[str, Any]) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": id, "method": method, "params": params}).encode("ascii")
