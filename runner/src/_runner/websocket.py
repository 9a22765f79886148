"""The framing of RFC 6455, the server's side. Sans-I/O: bytes in, events out; bytes to send are made here too.

Nothing is negotiated: no extension (a compressor's memory is a peer's to fill), no text messages.
"""

from __future__ import annotations

import enum
import struct
from typing import Iterator, NamedTuple, Union

from . import limits
from .pristine import BUILTINS as __builtins__

Bytes = Union[bytes, bytearray, memoryview]


class Opcode(enum.IntEnum):
    CONTINUATION = 0x0
    TEXT = 0x1
    BINARY = 0x2
    CLOSE = 0x8
    PING = 0x9
    PONG = 0xA


class CloseCode(enum.IntEnum):
    """Of RFC 6455 section 7.4.1, what is sent or told here."""

    NORMAL = 1000
    GOING_AWAY = 1001
    PROTOCOL_ERROR = 1002
    UNSUPPORTED = 1003
    NO_STATUS = 1005  # never sent: a close frame without a body
    INVALID_DATA = 1007
    TOO_LARGE = 1009
    INTERNAL = 1011
    RESTART = 1012


class Broken(Exception):
    """The peer broke a rule: the connection is closed with `code`, and nothing more is read from it."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{int(code)}: {text}")
        self.code = int(code)
        self.text = text


class Message(NamedTuple):
    body: bytes


class Ping(NamedTuple):
    body: bytes


class Pong(NamedTuple):
    body: bytes


class Close(NamedTuple):
    code: int
    reason: str


Event = Union[Message, Ping, Pong, Close]

_FIN = 0x80
_RESERVED = 0x70
_MASKED = 0x80
_LENGTH_16 = 126
_LENGTH_64 = 127
_CONTROL_MAX = 125  # RFC 6455 section 5.5
_MASK = 4
_REASON_MAX = _CONTROL_MAX - 2

# Plain ints for comparisons on the hot path.
_CONTINUATION = int(Opcode.CONTINUATION)
_TEXT = int(Opcode.TEXT)
_BINARY = int(Opcode.BINARY)
_CLOSE = int(Opcode.CLOSE)
_PING = int(Opcode.PING)
_PONG = int(Opcode.PONG)
_KNOWN = frozenset(int(opcode) for opcode in Opcode)


class Reader:
    """Cuts what a client sends into events. The first broken rule, or a close, ends it for good.

    A message is bounded by `limit` bytes, counted as its parts arrive: what a header only promises costs nothing,
    and a header that promises too much is refused before its body is read.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._tail = bytearray()
        self._parts: list[bytes] = []
        self._size = 0
        self._started = False
        self._fragments = 0
        self._over = False

    def feed(self, data: Bytes) -> Iterator[Event]:
        """Yield each event that is complete now. The iterator must be exhausted before the next call."""
        if self._over:
            return
        tail = self._tail
        tail += data
        offset = 0
        try:
            while not self._over:
                head = self._head(tail, offset)
                if head is None:
                    return
                first, start, size = head
                end = start + _MASK + size
                if end > len(tail):
                    return
                body = unmask(memoryview(tail)[start + _MASK : end], bytes(tail[start : start + _MASK]))
                offset = end
                yield from self._frame(first, body)
        except Broken:
            self._over = True
            raise
        finally:
            del tail[:offset]

    def _head(self, data: bytearray, offset: int) -> tuple[int, int, int] | None:
        """The first byte of the frame at `offset`, where its mask begins, the size of its body; None while unknown."""
        have = len(data) - offset
        if not have:
            return None
        first = data[offset]
        self._check_first(first)
        if have < 2:
            return None
        second = data[offset + 1]
        if not second & _MASKED:
            raise Broken(CloseCode.PROTOCOL_ERROR, "a client's frame is not masked")
        size, start = second & ~_MASKED, offset + 2
        if first & 0x8 and size > _CONTROL_MAX:
            raise Broken(CloseCode.PROTOCOL_ERROR, f"a control frame is longer than {_CONTROL_MAX} bytes")
        if size >= _LENGTH_16:
            wide = 2 if size == _LENGTH_16 else 8
            if have < 2 + wide:
                return None
            size = int.from_bytes(data[start : start + wide], "big")
            start += wide
            if size < (_LENGTH_16 if wide == 2 else 65_536):
                raise Broken(CloseCode.PROTOCOL_ERROR, f"a length of {size} is not written in its shortest form")
            if size >> 63:
                raise Broken(CloseCode.PROTOCOL_ERROR, "the highest bit of a length is set")
        if not first & 0x8 and self._size + size > self._limit:
            raise Broken(
                CloseCode.TOO_LARGE, f"a message of {self._size + size} bytes or more; the limit is {self._limit}"
            )
        return first, start, size

    def _check_first(self, first: int) -> None:
        opcode = first & 0x0F
        if first & _RESERVED:
            raise Broken(CloseCode.PROTOCOL_ERROR, "a reserved bit is set, and no extension was agreed on")
        if opcode not in _KNOWN:
            raise Broken(CloseCode.PROTOCOL_ERROR, f"unknown opcode {opcode}")
        if opcode & 0x8:
            if not first & _FIN:
                raise Broken(CloseCode.PROTOCOL_ERROR, "a control frame is fragmented")
        elif (opcode == _CONTINUATION) != self._started:
            detail = "a new message inside another" if self._started else "a continuation of nothing"
            raise Broken(CloseCode.PROTOCOL_ERROR, detail)
        elif opcode == _TEXT:
            raise Broken(CloseCode.UNSUPPORTED, "a text message; only binary ones are spoken here")

    def _frame(self, first: int, body: bytes) -> Iterator[Event]:
        opcode = first & 0x0F
        if opcode == _PING:
            yield Ping(body)
        elif opcode == _PONG:
            yield Pong(body)
        elif opcode == _CLOSE:
            close = _close(body)
            self._over = True
            yield close
        elif first & _FIN and not self._started:
            yield Message(body)
        else:
            self._part(body)
            if first & _FIN:
                whole = b"".join(self._parts)
                self._parts.clear()
                self._size = self._fragments = 0
                self._started = False
                yield Message(whole)

    def _part(self, body: bytes) -> None:
        self._started = True
        self._fragments += 1
        if self._fragments > limits.WEBSOCKET_FRAGMENTS:
            raise Broken(
                CloseCode.TOO_LARGE, f"a message in more than {limits.WEBSOCKET_FRAGMENTS} fragments"
            )
        self._size += len(body)
        if body:
            self._parts.append(body)


def unmask(body: Bytes, mask: bytes) -> bytes:
    """As one big number: some 30 times the speed of a loop over bytes."""
    size = len(body)
    if not size or mask == b"\0\0\0\0":
        return bytes(body)
    key = (mask * (size // _MASK + 1))[:size]
    return (int.from_bytes(body, "big") ^ int.from_bytes(key, "big")).to_bytes(size, "big")


def _close(body: bytes) -> Close:
    if not body:
        return Close(int(CloseCode.NO_STATUS), "")
    if len(body) == 1:
        raise Broken(CloseCode.PROTOCOL_ERROR, "a close frame with half a code")
    code = int.from_bytes(body[:2], "big")
    if not _may_be_sent(code):
        raise Broken(CloseCode.PROTOCOL_ERROR, f"{code} is no code that a peer may close with")
    try:
        return Close(code, body[2:].decode("utf-8"))
    except UnicodeDecodeError:
        raise Broken(CloseCode.INVALID_DATA, "the reason of a close frame is not UTF-8") from None


def _may_be_sent(code: int) -> bool:
    """RFC 6455 section 7.4, with the codes registered since."""
    return 3000 <= code <= 4999 or 1000 <= code <= 1003 or 1007 <= code <= 1014


def frame(opcode: int, body: Bytes = b"") -> bytes:
    """A whole, unmasked frame, as a server sends it."""
    return b"".join((header(opcode, len(body)), body))


def header(opcode: int, size: int) -> bytes:
    """What stands before a body of this size; apart from it, so that a large body need not be copied."""
    first = _FIN | int(opcode)
    if size < _LENGTH_16:
        return bytes((first, size))
    if size < 65_536:
        return struct.pack(">BBH", first, _LENGTH_16, size)
    return struct.pack(">BBQ", first, _LENGTH_64, size)


def close_frame(code: int, reason: str = "") -> bytes:
    """A reason that is too long is cut between two characters."""
    text = reason.encode("utf-8", "replace")[:_REASON_MAX].decode("utf-8", "ignore").encode()
    return frame(Opcode.CLOSE, struct.pack(">H", int(code)) + text)
