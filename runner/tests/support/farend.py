"""The supervisor as the cores of the deprecated dialect see it, played by a test: frames in, frames out, no process."""

from __future__ import annotations

import itertools
import json
import zlib
from typing import Any, Callable, Iterator, NamedTuple, Sequence

from _runner import limits
from _runner.frames import Flag, Frame, FrameKind, FrameReader, Lane, decode_credit, encode_credit, encode_fields
from _runner.messages import Message, MessageReader, encoded_frames

_KINDS = {"stdout": int(FrameKind.STDOUT), "stderr": int(FrameKind.STDERR)}
NOTHING = {"preserved": True, "source": "live", "restored": [], "lost": []}


class Heard(NamedTuple):
    """A message from the core."""

    message: Message
    envelope: dict[str, Any]


class FarEnd:
    """Confined to the test."""

    def __init__(self, take: Callable[[Frame], None], outgoing: Callable[[], Iterator[bytes]]) -> None:
        self._take, self._outgoing = take, outgoing
        self._reader, self._messages = FrameReader(), MessageReader()
        self._numbers = itertools.count(limits.SUPERVISOR_NUMBERS)
        self.credit = {int(lane): 0 for lane in Lane}  # that the core gave
        self.frames: list[Frame] = []

    def hears(self) -> list[Heard]:
        """What has come since it was asked last."""
        found = []
        for data in self._outgoing():
            for frame in self._reader.feed(data):
                self.frames.append(frame)
                if frame.kind == FrameKind.CREDIT:
                    lane, amount = decode_credit(frame)
                    self.credit[lane] += amount
                    continue
                message = self._messages.accept(frame)
                if message is not None:
                    found.append(Heard(message, json.loads(message.envelope)))
        return found

    def hears_one(self) -> Heard:
        (found,) = self.hears()
        return found

    # --- saying ---

    def greets(self) -> None:
        self.says_bytes(encode_fields(int(FrameKind.HELLO), 0, 0, 0, 0, 0, 0, b"{}"))

    def gives(self, amount: int, session: int = 1) -> None:
        self.says_bytes(encode_credit(session, int(Lane.KERNEL), amount))

    def writes(self, data: bytes, stream: str = "stdout", cell: int = 1, generation: int = 1, late: bool = False) -> None:
        flags = int(Flag.LATE) if late else 0
        self.says_bytes(encode_fields(_KINDS[stream], flags, 0, 1, generation, cell, 0, data))

    def says(
        self, envelope: Any, kind: int = FrameKind.MESSAGE, session: int = 0, cell: int = 0, generation: int = 1, channel: int = 0,
        attachments: Sequence[bytes] = (),
    ) -> None:  # fmt: skip
        text = envelope if isinstance(envelope, bytes) else json.dumps(envelope).encode()
        message = Message(int(kind), channel, session, generation, cell, next(self._numbers), text, attachments)
        for data in encoded_frames(message):
            self.says_bytes(data)

    def relays(self, method: str, params: Any, id: Any = None, **header: Any) -> None:
        said = {"jsonrpc": "2.0", "method": method, "params": params}
        header = {"session": 1, "cell": 1, **header}
        self.says(said if id is None else {**said, "id": id}, FrameKind.RELAY, **header)

    def calls(self, id: Any, name: str, *args: Any, **header: Any) -> None:
        self.relays("tool.call", {"name": name, "args": list(args), "kwargs": {}}, id, **header)

    def replies(self, heard: Heard, result: Any) -> None:
        self.says({"jsonrpc": "2.0", "id": heard.envelope["id"], "result": result})

    def refuses(self, heard: Heard, number: int, message: str) -> None:
        self.says({"jsonrpc": "2.0", "id": heard.envelope["id"], "error": {"code": number, "message": message, "data": {}}})

    def begins(self, generation: int) -> None:
        params = {"session": 1, "generation": generation, "reason": "crashed", "state": NOTHING}
        self.says({"jsonrpc": "2.0", "method": "generation", "params": params}, session=1)

    def says_bytes(self, data: bytes) -> None:
        for frame in FrameReader().feed(data):
            self._take(frame)


def terminal(outcome: str = "completed", out: bytes = b"", err: bytes = b"", calls: int = 0, **more: Any) -> dict[str, Any]:
    """What the supervisor replies to a cell."""
    totals = {name: {"bytes": len(data), "crc32": zlib.crc32(data)} for name, data in (("stdout", out), ("stderr", err))}
    return {"outcome": outcome, "generation": 1, "state": NOTHING, "totals": {**totals, "toolCalls": calls}, **more}
