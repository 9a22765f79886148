"""Frames: bytes with a declared, bounded length. Sans-I/O: bytes in, frames out."""

from __future__ import annotations

import enum
import struct
from typing import Iterator, NamedTuple, Optional, Union

from . import limits
from .errors import ProtocolError
from .pristine import BUILTINS as __builtins__

Bytes = Union[bytes, bytearray, memoryview]

_HEADER = struct.Struct(">IBBHIIII")
_CREDIT = struct.Struct(">BI")


class FrameKind(enum.IntEnum):
    HELLO = 1
    MESSAGE = 2
    RELAY = 3
    STDOUT = 4
    STDERR = 5
    CREDIT = 6
    PING = 7
    PONG = 8


class Flag(enum.IntFlag):
    FIRST = 0x01
    LAST = 0x02
    LATE = 0x04
    GIVEN_UP = 0x40
    OPTIONAL = 0x80


class InnerFlag(enum.IntFlag):
    """Flags that never leave the runner (PROTOCOL.md 8.1)."""

    CALL = 0x08
    CANCEL = 0x10


class Lane(enum.IntEnum):
    STDOUT = 1
    STDERR = 2
    KERNEL = 3


class Frame(NamedTuple):
    """One frame. `kind` and `flags` are plain ints: enums cost a microsecond each on the relay's path."""

    kind: int
    flags: int
    channel: int
    session: int
    generation: int
    cell: int
    message: int
    body: bytes


# Plain ints for comparisons on the hot path.
_KNOWN_KINDS = frozenset(int(kind) for kind in FrameKind)
_OPTIONAL = int(Flag.OPTIONAL)


def encode(frame: Frame) -> bytes:
    """The bytes of a frame whose body is known to fit (FRM-1)."""
    return encode_fields(*frame)


def encode_fields(
    kind: int, flags: int, channel: int, session: int, generation: int, cell: int, message: int, body: Bytes
) -> bytes:
    size = len(body)
    if size > limits.FRAME_BODY:
        raise ProtocolError("FRM-1", f"a body of {size} bytes does not fit a frame ({limits.FRAME_BODY})")
    header = _HEADER.pack(
        limits.FRAME_LENGTH_MIN + size, kind, flags, channel, session, generation, cell, message
    )
    return b"".join((header, body)) if size else header


def encode_credit(session: int, lane: int, amount: int) -> bytes:
    return encode_fields(FrameKind.CREDIT, 0, 0, session, 0, 0, 0, _CREDIT.pack(lane, amount))


def decode_credit(frame: Frame) -> tuple[int, int]:
    """Lane and amount of a CREDIT frame."""
    if len(frame.body) != _CREDIT.size:
        raise ProtocolError("TRN-4", f"a CREDIT body has {_CREDIT.size} bytes, not {len(frame.body)}", frame.body)
    lane, amount = _CREDIT.unpack(frame.body)
    return lane, amount


class FrameReader:
    """Cuts a byte stream into frames. The first broken rule ends it for good (FRM-7)."""

    def __init__(self) -> None:
        self._tail = bytearray()
        self._fault: Optional[ProtocolError] = None

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Yield each frame that is complete now, then raise if what follows breaks a rule.

        The iterator must be exhausted before the next call.
        """
        if self._fault is not None:
            raise self._fault
        tail = self._tail
        if tail:
            tail += data
            size = self._size_of_frame(tail, 0, len(tail))
            if size is None or size > len(tail):
                return
            data = bytes(tail)
            tail.clear()
        offset, end = 0, len(data)
        while offset < end:
            start = offset + limits.FRAME_HEADER
            if start > end:
                self._size_of_frame(data, offset, end)
                tail += data[offset:] if offset else data
                return
            length, kind, flags, channel, session, generation, cell, message = _HEADER.unpack_from(data, offset)
            if not limits.FRAME_LENGTH_MIN <= length <= limits.FRAME_LENGTH_MAX:
                self._size_of_frame(data, offset, end)
            after = offset + limits.FRAME_LENGTH_FIELD + length
            if after > end:
                tail += data[offset:] if offset else data
                return
            if kind in _KNOWN_KINDS:
                yield Frame(kind, flags, channel, session, generation, cell, message, data[start:after])
            elif not flags & _OPTIONAL:
                self._fault = ProtocolError("FRM-5", f"unknown kind {kind}", data[offset:])
                raise self._fault
            offset = after

    def _size_of_frame(self, data: Bytes, offset: int, end: int) -> Optional[int]:
        """Size of the frame at `offset`; None while unknown; a fault as early as it can be proven (FRM-2)."""
        if end - offset >= limits.FRAME_LENGTH_FIELD:
            length = int.from_bytes(data[offset : offset + limits.FRAME_LENGTH_FIELD], "big")
            if limits.FRAME_LENGTH_MIN <= length <= limits.FRAME_LENGTH_MAX:
                return limits.FRAME_LENGTH_FIELD + length
            detail = f"a length of {length} is not between {limits.FRAME_LENGTH_MIN} and {limits.FRAME_LENGTH_MAX}"
        elif data[offset] or (end - offset > 1 and data[offset + 1]):
            detail = "the first two bytes of a frame are zero"
        else:
            return None
        self._fault = ProtocolError("FRM-2", detail, data[offset:end])
        raise self._fault

    def finish(self) -> None:
        """The stream has ended: raise unless it ended between two frames (FRM-6)."""
        if self._fault is not None:
            raise self._fault
        if self._tail:
            detail = f"the stream ended inside a frame after {len(self._tail)} bytes of it"
            self._fault = ProtocolError("FRM-6", detail, self._tail)
            raise self._fault
