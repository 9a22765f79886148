"""Messages: one JSON-RPC object with attachments, cut into frames and put together again. Sans-I/O."""

from __future__ import annotations

import struct
from typing import Iterator, NamedTuple, Optional, Sequence

from . import limits
from .errors import ErrorCode, ProtocolError, RpcError
from .frames import Bytes, Flag, Frame, FrameKind, encode_fields
from .given_up import envelope_in_place_of, reason
from .pristine import BUILTINS as __builtins__

_FIRST = int(Flag.FIRST)
_LAST = int(Flag.LAST)
_WHOLE = _FIRST | _LAST
_GIVEN_UP = int(Flag.GIVEN_UP)
_HEAD = struct.Struct(">IH")
_MESSAGE = int(FrameKind.MESSAGE)


class Message(NamedTuple):
    """A whole message, with the header fields of its frames."""

    kind: int
    channel: int
    session: int
    generation: int
    cell: int
    number: int
    envelope: bytes
    attachments: Sequence[Bytes] = ()


class Head(NamedTuple):
    """What the FIRST frame of a message declares."""

    size: int
    envelope: int
    attachments: tuple[int, ...]
    payload: int


def read_head(frame: Frame) -> Head:
    """The head of a message, checked against the limits before a byte of its payload is kept (FRM-11, FRM-14)."""
    body = frame.body
    if len(body) < _HEAD.size:
        raise ProtocolError("FRM-14", f"a head of {len(body)} bytes is cut", body)
    envelope, count = _HEAD.unpack_from(body)
    if not count:
        head = Head(_HEAD.size, envelope, (), envelope)
    else:
        if count > limits.ATTACHMENTS:
            raise ProtocolError("FRM-11", f"{count} attachments are more than {limits.ATTACHMENTS}", body)
        size = _HEAD.size + 4 * count
        if len(body) < size:
            raise ProtocolError("FRM-14", f"a head with {count} attachments does not fit {len(body)} bytes", body)
        attachments = struct.unpack_from(f">{count}I", body, _HEAD.size)
        head = Head(size, envelope, attachments, envelope + sum(attachments))
    if head.payload > limits.MESSAGE:
        raise ProtocolError("FRM-11", f"a message of {head.payload} bytes is larger than {limits.MESSAGE}", body)
    if frame.kind == _MESSAGE and frame.session and (
        envelope > limits.KERNEL_ENVELOPE or head.size + envelope > len(body)
    ):
        raise ProtocolError("FRM-14", f"an envelope of {envelope} bytes for a kernel is not within the first frame", body)
    return head


def first_envelope(frame: Frame, head: Head) -> bytes:
    """The envelope of a message whose FIRST frame holds it whole (FRM-14)."""
    return frame.body[head.size : head.size + head.envelope]


class MessageLedger:
    """Keeps the count of each open message's missing bytes, without keeping the bytes (FRM-10 to FRM-15)."""

    def __init__(self) -> None:
        self._missing: dict[tuple[int, int, int, int], int] = {}

    def accept(self, frame: Frame) -> Optional[Head]:
        """Count a chunk in. Returns the head that a FIRST frame declares."""
        flags = frame.flags
        if flags & _WHOLE == _WHOLE and not self._missing:
            head = read_head(frame)
            if head.size + head.payload != len(frame.body):
                raise _wrong_sum(head.payload - (len(frame.body) - head.size), frame)
            return head
        key = (frame.session, frame.generation, frame.channel, frame.message)
        head = None
        if flags & _FIRST:
            if key in self._missing:
                raise ProtocolError("FRM-13", f"message {key} begins twice", frame.body)
            if len(self._missing) >= limits.OPEN_MESSAGES:
                raise ProtocolError("FRM-15", f"more than {limits.OPEN_MESSAGES} messages are open", frame.body)
            head = read_head(frame)
            missing = head.payload - (len(frame.body) - head.size)
        else:
            if key not in self._missing:
                raise ProtocolError("FRM-13", f"a chunk of message {key}, which is not open", frame.body)
            missing = self._missing[key] - len(frame.body)
        if (missing == 0) != bool(flags & _LAST) or missing < 0:
            raise _wrong_sum(missing, frame)
        if missing:
            self._missing[key] = missing
        else:
            self._missing.pop(key, None)
        return head

    def forget_generation(self, session: int, generation: int) -> None:
        for key in [key for key in self._missing if key[:2] == (session, generation)]:
            del self._missing[key]

    def forget_session(self, session: int) -> None:
        """Nothing is missing any more of what was told it (LIF-8)."""
        for key in [key for key in self._missing if key[0] == session]:
            del self._missing[key]

    def open_on(self, channel: int) -> bool:
        """Whether a message is half told on this channel."""
        return any(key[2] == channel for key in self._missing)


def _wrong_sum(missing: int, frame: Frame) -> ProtocolError:
    said = "has" if frame.flags & _LAST else "lacks"
    return ProtocolError("FRM-10", f"a frame {said} the LAST flag where {missing} bytes of its message are missing", frame.body)


class MessageReader:
    """Puts messages together from frames of kind MESSAGE and RELAY."""

    def __init__(self) -> None:
        self._ledger = MessageLedger()
        self._open: dict[tuple[int, int, int, int], tuple[Frame, Head, list[bytes]]] = {}
        self._lost: dict[tuple[int, int, int, int], str] = {}  # why one of its chunks was given up

    def accept(self, frame: Frame) -> Optional[Message]:
        """Take a chunk; returns the message that it completes."""
        head = self._ledger.accept(frame)
        if head is not None and frame.flags & _LAST:
            return _message(frame, head, frame.body[head.size :])
        key = (frame.session, frame.generation, frame.channel, frame.message)
        if head is not None:
            self._open[key] = (frame, head, [frame.body[head.size :]])
            return None
        first, head, parts = self._open[key]
        parts.append(frame.body)
        if frame.flags & _GIVEN_UP:
            self._lost[key] = reason(frame.body)
        if not frame.flags & _LAST:
            return None
        del self._open[key]
        message = _message(first, head, b"".join(parts))
        why = self._lost.pop(key, None)
        return message if why is None else _without(message, why)

    def forget_generation(self, session: int, generation: int) -> None:
        """Drop what a generation that has ended left half told (LIF-8)."""
        for key in [key for key in self._open if key[:2] == (session, generation)]:
            del self._open[key]
            self._lost.pop(key, None)
        self._ledger.forget_generation(session, generation)


def _message(first: Frame, head: Head, payload: bytes) -> Message:
    attachments = []
    end = head.envelope
    for size in head.attachments:
        attachments.append(payload[end : end + size])
        end += size
    envelope = payload[: head.envelope] if attachments else payload
    return Message(
        first.kind, first.channel, first.session, first.generation, first.cell, first.message, envelope, attachments
    )


def _without(message: Message, why: str) -> Message:
    """REC-19: the message says that it was given up, and no more."""
    envelope = envelope_in_place_of(message.envelope, why)
    if envelope is None:
        raise ProtocolError("REC-19", "a message that may not be given up was", message.envelope)
    return message._replace(envelope=envelope, attachments=())


def check_size(envelope: Bytes, attachments: Sequence[Bytes]) -> None:
    """Raise `message_too_large` for what no receiver would take, before any of it is sent."""
    size = len(envelope) + (sum(map(len, attachments)) if attachments else 0)
    if size > limits.MESSAGE:
        raise RpcError(ErrorCode.MESSAGE_TOO_LARGE, f"a message of {size} bytes is larger than {limits.MESSAGE}")
    if len(attachments) > limits.ATTACHMENTS:
        raise RpcError(
            ErrorCode.MESSAGE_TOO_LARGE, f"{len(attachments)} attachments are more than {limits.ATTACHMENTS}"
        )


def encoded_frames(message: Message, extra_flags: int = 0) -> Iterator[bytes]:
    """The message as encoded frames, made one by one; `extra_flags` go on the FIRST.

    Attachments must be contiguous bytes (`memoryview(x).cast("B")` for anything else).
    """
    kind, channel, session, generation, cell, number, envelope, attachments = message
    if attachments or len(envelope) > limits.FRAME_BODY - _HEAD.size:
        return _cut(message, extra_flags)
    body = _HEAD.pack(len(envelope), 0) + envelope
    return iter((encode_fields(kind, _WHOLE | extra_flags, channel, session, generation, cell, number, body),))


def _cut(message: Message, extra_flags: int) -> Iterator[bytes]:
    kind, channel, session, generation, cell, number, envelope, attachments = message
    check_size(envelope, attachments)
    sizes = [len(attachment) for attachment in attachments]
    head = _HEAD.pack(len(envelope), len(sizes)) + struct.pack(f">{len(sizes)}I", *sizes)
    if len(head) + len(envelope) + sum(sizes) <= limits.FRAME_BODY:
        body = b"".join((head, envelope, *attachments))
        yield encode_fields(kind, _WHOLE | extra_flags, channel, session, generation, cell, number, body)
        return
    flags = _FIRST | extra_flags
    for body, last in _bodies(head, message):
        yield encode_fields(kind, flags | (_LAST if last else 0), channel, session, generation, cell, number, body)
        flags = 0


def _bodies(head: bytes, message: Message) -> Iterator[tuple[bytes, bool]]:
    """The head and the payload cut at `FRAME_BODY`, each body with whether it is the last."""
    pieces: list[Bytes] = [head, message.envelope, *message.attachments]
    left = sum(map(len, pieces))
    room, parts = limits.FRAME_BODY, []
    for piece in pieces:
        view = memoryview(piece)
        while len(view) >= room:
            parts.append(view[:room])
            view = view[room:]
            left -= limits.FRAME_BODY
            yield b"".join(parts), left == 0
            room, parts = limits.FRAME_BODY, []
            if not left:
                return
        parts.append(view)
        room -= len(view)
    yield b"".join(parts), True
