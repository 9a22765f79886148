"""What is said on a link that may be cut: attach, records, acknowledgements, the way it ends. Sans-I/O.

One message of the websocket is one of these; its first byte says which. REC-1: numbers are big-endian.
"""

from __future__ import annotations

import enum
import json
import struct
from typing import Any, NamedTuple, Optional, Union

from . import jsontext, limits
from .errors import ProtocolError
from .given_up import GivenUp, WholeFrames
from .pristine import BUILTINS as __builtins__
from .records import Receiver, Record, Sender


class Kind(enum.IntEnum):
    ATTACH = 1
    ATTACHED = 2
    RECORD = 3
    ACK = 4
    PING = 5
    PONG = 6
    GOODBYE = 7
    GOAWAY = 8
    ERROR = 9
    GIVEN_UP = 10


_OPTIONAL = 0x80  # a kind that whoever does not know it passes over
_RECORD_HEAD = struct.Struct(">BQQ")
_GIVEN_UP_HEAD = struct.Struct(">BQQQ")
_NUMBER = struct.Struct(">BQ")
_RECORD, _ACK, _PING, _PONG = int(Kind.RECORD), int(Kind.ACK), int(Kind.PING), int(Kind.PONG)
_GIVEN_UP = int(Kind.GIVEN_UP)
_SAID_IN_JSON = frozenset({int(Kind.ATTACH), int(Kind.ATTACHED), int(Kind.GOODBYE), int(Kind.GOAWAY), int(Kind.ERROR)})


class Sequenced(NamedTuple):
    """A record, or what stands in for one, with the acknowledgement that came along."""

    record: Union[Record, GivenUp]
    ack: int


class Number(NamedTuple):
    kind: int
    number: int


class Said(NamedTuple):
    kind: int
    content: dict[str, Any]


Word = Union[Sequenced, Number, Said]


def decode(message: bytes) -> Optional[Word]:
    """What a message says; None for an unknown kind that may be passed over."""
    if not message:
        raise ProtocolError("REC-1", "an empty message")
    kind = message[0]
    if kind == _RECORD:
        if len(message) <= _RECORD_HEAD.size:
            raise ProtocolError("REC-1", f"a record of {len(message)} bytes is not even a head", message)
        _, offset, ack = _RECORD_HEAD.unpack_from(message)
        return Sequenced(Record(offset, message[_RECORD_HEAD.size :]), ack)
    if kind == _GIVEN_UP:
        if len(message) <= _GIVEN_UP_HEAD.size:
            raise ProtocolError("REC-1", f"what stands in for a record has more than {len(message)} bytes", message)
        _, offset, ack, end = _GIVEN_UP_HEAD.unpack_from(message)
        return Sequenced(GivenUp(offset, end, message[_GIVEN_UP_HEAD.size :]), ack)
    if kind in (_ACK, _PING, _PONG):
        if len(message) != _NUMBER.size:
            raise ProtocolError("REC-1", f"a message of kind {kind} has {_NUMBER.size} bytes", message)
        return Number(kind, _NUMBER.unpack(message)[1])
    if kind in _SAID_IN_JSON:
        return Said(kind, _content(message))
    if kind & _OPTIONAL:
        return None
    raise ProtocolError("REC-1", f"unknown kind {kind}", message)


def _content(message: bytes) -> dict[str, Any]:
    if len(message) > limits.LINK_JSON:
        raise ProtocolError("REC-1", f"{len(message)} bytes of JSON; the limit is {limits.LINK_JSON}")
    try:
        content = json.loads(message[1:].decode("utf-8"))
    except (ValueError, RecursionError):
        raise ProtocolError("REC-1", "what should be JSON is not", message) from None
    if not isinstance(content, dict):
        raise ProtocolError("REC-1", "what is said is not a JSON object", message)
    return content


def encode_number(kind: int, number: int) -> bytes:
    return _NUMBER.pack(kind, number)


def encode_said(kind: int, content: dict[str, Any]) -> bytes:
    return bytes((kind,)) + jsontext.dump_ascii(content)


class Link:
    """Both directions of a stream that outlives its connections."""

    def __init__(self) -> None:
        self.sender, self.receiver = Sender(), Receiver()
        self.whole = WholeFrames()
        self.attached = 0  # how often: a connection with an older number is no longer listened to

    def resume(self, received: int) -> int:
        """A new connection; returns its number."""
        self.sender.resume(received)
        self.attached += 1
        return self.attached

    def next_message(self) -> Optional[bytes]:
        """The next record as a message, if there is one; it carries what is owed along."""
        record = self.sender.take()
        if record is None:
            return None
        if isinstance(record, GivenUp):
            return _GIVEN_UP_HEAD.pack(_GIVEN_UP, record.offset, self.receiver.told(), record.end) + record.frame
        return _RECORD_HEAD.pack(_RECORD, record.offset, self.receiver.told()) + record.data

    def owed(self) -> bytes:
        """The acknowledgement alone."""
        return _NUMBER.pack(_ACK, self.receiver.told())

    def take(self, word: Word) -> bytes:
        """The whole frames that a record or an acknowledgement brings; nothing for one that has come before."""
        if isinstance(word, Sequenced):
            self.sender.acknowledge(word.ack)
            if isinstance(word.record, GivenUp):
                frame = self.receiver.accept_given_up(word.record)
                if frame is None:
                    return b""
                self.sender.forgive()
                return self.whole.instead(frame)
            data = self.receiver.accept(word.record)
            if data:
                self.sender.forgive()
                data = self.whole.feed(data)
            return data
        if isinstance(word, Number) and word.kind == _ACK:
            self.sender.acknowledge(word.number)
        return b""
