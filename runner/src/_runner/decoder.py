"""Documents as Python objects (PROTOCOL.md section 9)."""

from __future__ import annotations

import datetime
import decimal
import fractions
import pathlib
import re
import uuid
from typing import Any, Callable, Optional, Sequence

from . import jsontext, limits
from .frames import Bytes
from .plain import FORM
from .pristine import BUILTINS as __builtins__  # noqa: F401

_ESCAPE = re.compile(r"\\(\\|u[0-9a-f]{4})", re.IGNORECASE)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?$")
_OFFSET = re.compile(r"(Z|[+-]\d{2}:?\d{2}(?::?\d{2}(?:\.\d{1,6})?)?)$")


class BadDocument(ValueError):
    """A document that section 9 does not allow."""


def decode_text(text: bytes, attachments: Sequence[Bytes] = ()) -> Any:
    """The object that a JSON text stands for."""
    try:
        document = jsontext.load(text)
    except (ValueError, RecursionError) as problem:
        raise BadDocument(f"not a JSON text: {problem}") from None
    return decode(document, attachments) if may_hold_forms(text) else document


def may_hold_forms(text: bytes) -> bool:
    """Whether the JSON text may hold a form; `$` may also be written as an escape."""
    return b"$py" in text or b"\\u0024" in text


def decode(document: Any, attachments: Sequence[Bytes] = ()) -> Any:
    """The object that a parsed document stands for."""
    return _decode(document, attachments, 0)


def _decode(document: Any, attachments: Sequence[Bytes], depth: int) -> Any:
    if type(document) is not list and type(document) is not dict:
        return document
    if depth > limits.JSON_DEPTH:
        raise BadDocument(f"nested deeper than {limits.JSON_DEPTH}")

    def inner(value: Any) -> Any:
        return _decode(value, attachments, depth + 1)

    if type(document) is list:
        return [inner(item) for item in document]
    name = document.get(FORM)
    if name is None:
        return {key: inner(item) for key, item in document.items()}
    if name == "bytes":
        return _bytes(document, attachments)
    form = _FORMS.get(name) if type(name) is str else None
    if form is None:
        # `object`, `ndarray`, `exception` and the like stay what they are: descriptions.
        return {key: inner(item) for key, item in document.items()}
    try:
        return form(document, inner)
    except BadDocument:
        raise
    except (LookupError, TypeError, ValueError, ArithmeticError) as problem:
        raise BadDocument(f"a form {name!r} that cannot be read: {problem!r}") from problem


def _bytes(document: dict[str, Any], attachments: Sequence[Bytes]) -> Any:
    index = document.get("attachment")
    if type(index) is not int or not 0 <= index < len(attachments):
        raise BadDocument(f"attachment {index!r} of {len(attachments)}")
    data, kind = attachments[index], document.get("type")
    if kind == "bytearray":
        return bytearray(data)
    return memoryview(bytes(data)) if kind == "memoryview" else bytes(data)


Inner = Callable[[Any], Any]


def _float(document: dict[str, Any], inner: Inner) -> float:
    if document["value"] not in ("nan", "inf", "-inf"):
        raise BadDocument(f"a form 'float' is nan, inf or -inf, not {document['value']!r}")
    return float(document["value"])


def _str(document: dict[str, Any], inner: Inner) -> str:
    def plain(match: re.Match[str]) -> str:
        text = match.group(1)
        return text if text == "\\" else chr(int(text[1:], 16))

    return _ESCAPE.sub(plain, document["escaped"])


def _set(document: dict[str, Any], inner: Inner) -> Any:
    items = (_hashable(inner(item)) for item in document["items"])
    return frozenset(items) if document.get("frozen") else set(items)


def _dict(document: dict[str, Any], inner: Inner) -> dict[Any, Any]:
    return {_hashable(inner(key)): inner(item) for key, item in document["items"]}


def _hashable(value: Any) -> Any:
    """Keys and members that were lists or sets elsewhere get the nearest type that can be a key."""
    if type(value) is list:
        return tuple(map(_hashable, value))
    if type(value) is set:
        return frozenset(value)
    if type(value) is dict:
        return tuple((key, _hashable(item)) for key, item in value.items())
    return bytes(value) if type(value) is bytearray else value


def _datetime(document: dict[str, Any], inner: Inner) -> datetime.datetime:
    day, _, clock = document["iso"].replace(" ", "T").partition("T")
    found = datetime.datetime.combine(datetime.date.fromisoformat(day), _clock(clock or "00:00"))
    zone = _zone(document.get("zone"))
    return found.astimezone(zone) if zone is not None and found.tzinfo is not None else found


def _clock(text: str) -> datetime.time:
    """ISO 8601 as Java and Python write it: seconds may be missing, fractions may have nine digits."""
    offset = _OFFSET.search(text)
    found = _CLOCK.match(text[: offset.start()] if offset else text)
    if found is None:
        raise BadDocument(f"{text!r} is not a time of day")
    hour, minute, second, fraction = found.groups()
    micro = int(((fraction or "") + "000000")[:6])
    return datetime.time(
        int(hour), int(minute), int(second or 0), micro, offset and _offset(offset.group(1))
    )


def _offset(text: str) -> datetime.timezone:
    if text == "Z":
        return datetime.timezone.utc
    digits, _, fraction = text[1:].replace(":", "").partition(".")
    size = datetime.timedelta(
        hours=int(digits[:2]),
        minutes=int(digits[2:4]),
        seconds=int(digits[4:6] or 0),
        microseconds=int((fraction + "000000")[:6]),
    )
    return datetime.timezone(-size if text[0] == "-" else size)


def _zone(name: Any) -> Optional[datetime.tzinfo]:
    if type(name) is not str:
        return None
    try:
        from zoneinfo import ZoneInfo  # rarely needed, and slow to import

        return ZoneInfo(name)
    except Exception:
        return None  # no time zone data here: the offset in `iso` stands


_FORMS: dict[str, Callable[[dict[str, Any], Inner], Any]] = {
    "int": lambda document, inner: int(document["hex"], 16),
    "float": _float,
    "str": _str,
    "tuple": lambda document, inner: tuple(map(inner, document["items"])),
    "set": _set,
    "dict": _dict,
    "complex": lambda document, inner: complex(inner(document["real"]), inner(document["imag"])),
    "decimal": lambda document, inner: decimal.Decimal(document["value"]),
    "fraction": lambda document, inner: fractions.Fraction(
        inner(document["numerator"]), inner(document["denominator"])
    ),
    "datetime": _datetime,
    "date": lambda document, inner: datetime.date.fromisoformat(document["iso"]),
    "time": lambda document, inner: _clock(document["iso"]),
    "timedelta": lambda document, inner: datetime.timedelta(
        document["days"], document["seconds"], document["microseconds"]
    ),
    "uuid": lambda document, inner: uuid.UUID(document["value"]),
    "path": lambda document, inner: pathlib.Path(inner(document["value"])),
}
