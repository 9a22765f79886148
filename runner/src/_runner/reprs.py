"""Texts about objects that are bounded and cannot fail, whatever the object does."""

from __future__ import annotations

from typing import Any, Iterator

from . import limits
from .pristine import BUILTINS as __builtins__  # noqa: F401

_MRO = type.__dict__["__mro__"].__get__
_QUALNAME = type.__dict__["__qualname__"].__get__
_MODULE = type.__dict__["__module__"].__get__
_BRACKETS = {list: "[]", tuple: "()", dict: "{}", set: "{}", frozenset: ("frozenset({", "})")}
_ELLIPSIS = "..."


def mro_of(cls: type) -> tuple[type, ...]:
    """The real bases; neither `__class__` nor a metaclass can lie about them."""
    return _MRO(cls)


def is_a(value: Any, cls: type) -> bool:
    """`isinstance` that asks nothing of the value."""
    return cls in mro_of(type(value))


def qualname_of(cls: type) -> str:
    return _name(_QUALNAME(cls))


def module_of(cls: type) -> str:
    try:
        return _name(_MODULE(cls))
    except AttributeError:
        return "?"


def type_name(value: Any) -> str:
    """`module.qualname` of the value's real type."""
    cls = type(value)
    return f"{module_of(cls)}.{qualname_of(cls)}"


def _name(value: Any) -> str:
    return clean(str.__str__(value)[: limits.TYPE_NAME]) if isinstance(value, str) else "?"


def clean(text: str) -> str:
    """The text without lone surrogates, which JSON in UTF-8 cannot carry."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters: head and tail, with the number that is missing between them."""
    if len(text) <= limit:
        return text
    head = limit // 2
    mark = f"\n... {len(text) - limit} characters left out ...\n"
    return text[:head] + mark + text[len(text) - (limit - head) :]


def safe_str(value: Any) -> str:
    """`str(value)`, or a description where that fails."""
    try:
        text = str(value)
        return clean(str.__str__(text))
    except BaseException as problem:  # noqa: B902 - a user's __str__ may raise anything
        return f"<{qualname_of(type(value))}, whose __str__ raised {qualname_of(type(problem))}>"


def bounded_repr(value: Any, limit: int = limits.REPR) -> str:
    """`repr(value)`, cut at `limit`; plain containers are not written any further than that."""
    pieces: list[str] = []
    left = limit
    try:
        for piece in _pieces(value, limit, ()):
            pieces.append(piece)
            left -= len(piece)
            if left < 0:
                break
    except BaseException as problem:  # noqa: B902 - a user's __repr__ may raise anything
        pieces.append(f"<{type_name(value)}, whose __repr__ raised {qualname_of(type(problem))}>")
    text = clean("".join(pieces))
    return text if len(text) <= limit else text[: limit - len(_ELLIPSIS)] + _ELLIPSIS


def _pieces(value: Any, limit: int, inside: tuple[int, ...]) -> Iterator[str]:
    cls = type(value)
    if cls is str or cls is bytes or cls is bytearray:
        yield repr(value[: limit + 1])
    elif cls is int and value.bit_length() > 3 * limit:
        # Decimal digits of a huge int take quadratic time and may be forbidden
        # (sys.set_int_max_str_digits).
        yield hex(value >> max(0, value.bit_length() - 4 * limit))
    elif cls not in _BRACKETS or not value:
        yield _described(value)
    elif id(value) in inside or len(inside) >= limits.DOCUMENT_DEPTH:
        yield _ELLIPSIS
    else:
        yield from _container(value, limit, (*inside, id(value)))


def _container(value: Any, limit: int, inside: tuple[int, ...]) -> Iterator[str]:
    opening, closing = _BRACKETS[type(value)]
    yield opening
    comma = ""
    for item in value.items() if type(value) is dict else value:
        yield comma
        comma = ", "
        if type(value) is dict:
            yield from _pieces(item[0], limit, inside)
            yield ": "
            item = item[1]
        yield from _pieces(item, limit, inside)
    if type(value) is tuple and len(value) == 1:
        yield ","
    yield closing


def _described(value: Any) -> str:
    try:
        return str.__str__(repr(value))
    except BaseException as problem:  # noqa: B902 - a user's __repr__ may raise anything
        return f"<{type_name(value)}, whose __repr__ raised {qualname_of(type(problem))}>"
