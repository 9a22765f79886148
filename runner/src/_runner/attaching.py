"""Whose stream it is: what an attach asks for, and what becomes of whoever was there. Sans-I/O."""

from __future__ import annotations

import enum
from typing import Any, NamedTuple, Optional

from . import limits
from .errors import ProtocolError
from .pristine import BUILTINS as __builtins__


class Verdict(enum.Enum):
    RESUME = "resume"  # the stream goes on
    RENEW = "renew"  # a new host: a new stream under a new incarnation
    EPOCH_CHANGED = "epoch_changed"
    ALREADY_ATTACHED = "already_attached"


class Attach(NamedTuple):
    """What a host says first on a connection."""

    incarnation: Optional[str]  # the one that it knows; None: it has never been answered
    received: int
    host: str  # its own name, by which an attach whose answer was lost is known again
    takeover: bool  # it means to end what another host has there


class Held(NamedTuple):
    """What the runner has."""

    incarnation: str
    host: Optional[str]  # whose stream it is; None: nobody's yet
    used: bool  # whether anything was taken over, either way
    attached: bool  # whether its host is connected, as far as this side knows


def parse(content: dict[str, Any]) -> Attach:
    known, received = content.get("incarnation"), content.get("received")
    host, takeover = content.get("host", ""), content.get("takeover", False)
    if not isinstance(received, int) or isinstance(received, bool) or received < 0:
        raise ProtocolError("REC-4", f"received is {_shown(received)}, not a number of bytes from 0 on")
    if known is not None and not isinstance(known, str):
        raise ProtocolError("REC-4", f"incarnation is {_shown(known)}, not the one that was told")
    if known is None and received:
        raise ProtocolError("REC-4", f"{_shown(received)} bytes received from no incarnation; 0 is all there can be")
    if not isinstance(host, str) or len(host) > limits.HOST_ID:
        raise ProtocolError("REC-4", f"host is {_shown(host)}, not a text of at most {limits.HOST_ID} characters")
    if not isinstance(takeover, bool):
        raise ProtocolError("REC-4", f"takeover is {_shown(takeover)}, not true or false")
    return Attach(known, received, host, takeover)


def _shown(value: object) -> str:
    if isinstance(value, str) and len(value) > limits.HOST_ID:
        return f"a text of {len(value)} characters"
    return type(value).__name__ if isinstance(value, (list, dict)) else repr(value)[: limits.GARBAGE_SHOWN]


def judge(attach: Attach, held: Held) -> Verdict:
    if attach.incarnation == held.incarnation:
        return Verdict.RESUME
    if attach.incarnation is not None:
        return Verdict.EPOCH_CHANGED
    if held.host is None or (held.host == attach.host and not held.used):
        return Verdict.RESUME  # the first one, or its first answer was lost: nothing came behind it then
    if held.attached and not attach.takeover:
        return Verdict.ALREADY_ATTACHED
    return Verdict.RENEW
