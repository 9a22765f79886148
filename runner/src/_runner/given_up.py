"""What stands in for a frame that no connection has survived. Sans-I/O.

The stream is given up at one frame, never at a byte: what comes behind it must still be frames. Whatever asked or waits is
answered all the same: a request becomes one that says that it was given up, a reply an error of the same id.
"""

from __future__ import annotations

import re
import struct
from typing import NamedTuple, Optional

from . import jsontext, limits
from .errors import ErrorCode, ProtocolError
from .frames import Flag, FrameKind
from .pristine import BUILTINS as __builtins__

PARAM = "givenUp"  # why, in the params of a request or notification whose own are lost
_HEADER = struct.Struct(">IBBHIIII")
_LENGTH = limits.FRAME_LENGTH_FIELD
_SIZE = struct.Struct(">I")
_HEAD, _ATTACHED = struct.Struct(">IH"), struct.Struct(">IHI")
_FIRST, _LAST, _GIVEN_UP = int(Flag.FIRST), int(Flag.LAST), int(Flag.GIVEN_UP)
_MESSAGES = frozenset((int(FrameKind.MESSAGE), int(FrameKind.RELAY)))
_OUTPUT = frozenset((int(FrameKind.STDOUT), int(FrameKind.STDERR)))
_BEGINNING = re.compile(
    rb'\{"jsonrpc": ?"2\.0", ?(?:"id": ?(?P<id>-?[0-9]{1,20}|"[^"\\]{0,64}"), ?)?"(?P<what>method|result|error)": ?'
    rb'(?:"(?P<method>[a-z_.]{1,64})")?'
)
# Without its params the host would have a wrong idea of the session.
_NEEDED = frozenset((b"generation",))


class GivenUp(NamedTuple):
    """In place of the stream's bytes from `offset` to `end`, and of what has come of the frame that they end: `frame`, whose
    zeros at its end may be missing.
    """

    offset: int
    end: int
    frame: bytes


def whole(lost: GivenUp) -> bytes:
    """The frame that stands in, with its zeros."""
    if len(lost.frame) < limits.FRAME_HEADER:
        raise ProtocolError("REC-19", f"{len(lost.frame)} bytes are no frame", lost.frame)
    size = _LENGTH + int.from_bytes(lost.frame[:_LENGTH], "big")
    if not len(lost.frame) <= size <= limits.FRAME:
        raise ProtocolError("REC-19", f"a frame of {size} bytes does not begin so", lost.frame)
    return lost.frame.ljust(size, b"\0")


def stand_in(frame: bytes, why: str) -> Optional[bytes]:
    """What says in place of this whole frame that it was given up; None where something else would come to harm."""
    length, kind, flags, *rest = _HEADER.unpack_from(frame)
    size = len(frame) - limits.FRAME_HEADER
    text = why.encode("ascii", "replace")
    if kind in _OUTPUT:
        body = _SIZE.pack(size) + text
        return _HEADER.pack(limits.FRAME_LENGTH_MIN + len(body), kind, flags | _GIVEN_UP, *rest) + body
    if kind in _MESSAGES and not flags & _FIRST:
        # As long as it was: so many bytes of its message are awaited.
        return _HEADER.pack(length, kind, flags | _GIVEN_UP, *rest) + text[:size]
    if kind not in _MESSAGES:
        return None
    envelope_size, attachments = _HEAD.unpack_from(frame, limits.FRAME_HEADER)
    head = _HEAD.size + 4 * attachments
    envelope = envelope_in_place_of(frame[limits.FRAME_HEADER + head :], why)
    if envelope is None:
        return None
    filler = size - _ATTACHED.size - len(envelope)
    if flags & _LAST and filler < 0:
        body = _HEAD.pack(len(envelope), 0) + envelope
    elif filler < 0:
        return None
    else:
        sizes = struct.unpack_from(f">{attachments}I", frame, limits.FRAME_HEADER + _HEAD.size)
        missing = envelope_size + sum(sizes) - (size - head)  # what the frames behind this one bring
        body = _ATTACHED.pack(len(envelope), 1, filler + missing) + envelope
        return _HEADER.pack(length, kind, flags, *rest) + body
    return _HEADER.pack(limits.FRAME_LENGTH_MIN + len(body), kind, flags, *rest) + body


def envelope_in_place_of(envelope: bytes, why: str) -> Optional[bytes]:
    """The same id or method as in this beginning of an envelope; None where it tells neither, or may not be missing."""
    found = _BEGINNING.match(envelope)
    if found is None:
        return None
    id, method = found["id"], found["method"]
    reason = jsontext.dump_ascii(why)
    if found["what"] != b"method":
        if id is None:
            return None
        code = ErrorCode.TRANSPORT_POISON
        return b'{"jsonrpc":"2.0","id":%b,"error":{"code":%d,"message":%b,"data":{"code":"%b","reply":true}}}' % (
            id, code.number, reason, code.wire.encode(),
        )  # fmt: skip
    if method is None or (id is None and method in _NEEDED):
        return None
    said = b"" if id is None else b'"id":%b,' % id
    return b'{"jsonrpc":"2.0",%b"method":"%b","params":{"%b":%b}}' % (said, method, PARAM.encode(), reason)


def reason(body: bytes) -> str:
    """Why, as a chunk with the flag GIVEN_UP says, if there was room for it."""
    said = body.rstrip(b"\0").decode("ascii", "replace")
    return said if len(said) < len(body) else "transport_poison: no connection survived a piece of the message"


class FrameStarts:
    """Where the frames of a stream begin, as far as they are not taken over."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._from = 0  # those before it are taken over
        self._end = 0  # of what was written
        self._next = 0  # where the next frame begins
        self._head = b""  # of its length
        self._lost = False

    def wrote(self, data: bytes) -> None:
        begin = self._end
        self._end += len(data)
        while self._next < self._end and not self._lost:
            at = self._next - begin
            head = self._head + data[: _LENGTH - len(self._head)] if at < 0 else data[at : at + _LENGTH]
            if len(head) < _LENGTH:
                self._head = head
                return
            self._head = b""
            size = _LENGTH + int.from_bytes(head, "big")
            if limits.FRAME_HEADER <= size <= limits.FRAME:
                self._starts.append(self._next)
                self._next += size
            else:
                self._lost = True  # these are no frames, and nothing is known of what follows

    def taken_over(self, offset: int) -> int:
        """Nothing is asked any more of frames that end before; returns where the first of the others begins."""
        starts = self._starts
        while self._from < len(starts) and self._after(self._from) <= offset:
            self._from += 1
        if self._from > 1024:
            del starts[: self._from]
            self._from = 0
        if self._from < len(starts):
            return min(offset, starts[self._from])
        return offset if self._lost else min(offset, self._next)

    def first(self) -> Optional[tuple[int, int]]:
        """From where to where the first frame goes that is not taken over; None while nothing is known of it."""
        return (self._starts[self._from], self._after(self._from)) if self._from < len(self._starts) else None

    @property
    def known(self) -> bool:
        return not self._lost

    def _after(self, index: int) -> int:
        return self._starts[index + 1] if index + 1 < len(self._starts) else self._next


class WholeFrames:
    """Passes on whole frames only: of what is not whole yet another frame may take the place."""

    def __init__(self) -> None:
        self._held = b""
        self._lost = False

    def feed(self, data: bytes) -> bytes:
        if self._held:
            data, self._held = self._held + data, b""
        at, end = 0, len(data)
        while end - at >= _LENGTH and not self._lost:
            size = _LENGTH + int.from_bytes(data[at : at + _LENGTH], "big")
            if not limits.FRAME_HEADER <= size <= limits.FRAME:
                self._lost = True  # whoever reads frames says what is wrong with these
            elif at + size > end:
                break
            else:
                at += size
        if any(data[at : at + 2]):
            self._lost = True  # FRM-2: known at the first byte, not at the fourth
        if self._lost or at == end:
            return data
        self._held = data[at:]
        return data[:at]

    @property
    def held(self) -> int:
        """Bytes of what is not whole."""
        return len(self._held)

    def instead(self, frame: bytes) -> bytes:
        """This one takes the place of what is not whole."""
        self._held = b""
        return frame
