"""Python objects as documents (PROTOCOL.md section 9). Total: every object has a form, whatever it
does.

Plain JSON data is recognised level by level, mostly by C loops, and then written in one go.
Everything else is turned into forms first. Nothing a user's class says about itself is trusted:
types are taken from the real MRO, the contents of subclasses of plain types through the base type's
own methods.
"""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import fractions
import math
import pathlib
import sys
import uuid
from collections import OrderedDict
from itertools import chain
from typing import Any, Callable, Iterable, Optional

from . import jsontext, limits
from .frames import Bytes
from .plain import FORM, INT_MAX, INT_MIN, LEAVES, ints_fit, is_plain
from .pristine import BUILTINS as __builtins__  # noqa: F401
from .reprs import bounded_repr, clean, mro_of, safe_str, type_name

_MODULES = sys.modules
_FORM_LEVELS = 4  # JSON levels that the widest form opens, its own replacement by `cut` included

Handler = Callable[["Encoder", Any, int], Any]


class Encoder:
    """Writes documents that share one list of attachments. Confined to the call that made it."""

    def __init__(self) -> None:
        self.attachments: list[Bytes] = []
        self.too_large = False  # whether a part was cut because of its size
        self._room = limits.MESSAGE
        self._nodes = limits.DOCUMENT_NODES
        self._inside: set[int] = set()

    def encode(self, value: Any) -> bytes:
        """The JSON text of the value's document."""
        try:
            if is_plain(value):
                return jsontext.dump(value)
        except BaseException:  # noqa: B902
            pass  # NaN, a lone surrogate, a container that another thread changes, a metaclass that raises
        try:
            return jsontext.dump(self._form(value, 0))
        except BaseException as problem:  # noqa: B902 - code of the user's classes may raise anything
            reason = f"<{type_name(value)}, not encoded: {safe_str(problem)}>"
            return jsontext.dump(
                {FORM: "opaque", "type": type_name(value), "repr": reason[: limits.REPR]}
            )

    def form(self, value: Any) -> Any:
        """What the text of `encode` says, before it is written."""
        try:
            if is_plain(value):
                return value
        except BaseException:  # noqa: B902
            pass
        return self._form(value, 0)

    def _form(self, value: Any, depth: int) -> Any:
        cls = type(value)
        if cls is str:
            return self._str(value, depth)
        if cls is int:
            return value if INT_MIN <= value <= INT_MAX else self._int(value, depth)
        if cls is float:
            return value if math.isfinite(value) else {FORM: "float", "value": repr(value)}
        if value is None or cls is bool:
            return value
        if depth > limits.DOCUMENT_DEPTH - _FORM_LEVELS:
            return _cut(value, "depth")
        self._nodes -= 1
        self._room -= 2
        if self._nodes < 0 or self._room < 0:
            return self._cut_size(value)
        if id(value) in self._inside:
            return {FORM: "cycle", "type": type_name(value)}
        self._inside.add(id(value))
        try:
            return _handler(cls)(self, value, depth)
        except BaseException:  # noqa: B902 - code of the user's classes may raise anything
            return _opaque(self, value, depth)
        finally:
            self._inside.discard(id(value))

    def _cut_size(self, value: Any) -> dict[str, Any]:
        self.too_large = True
        return _cut(value, "size")

    def _attach(self, value: Any, data: Bytes) -> Optional[int]:
        """The index of the attachment; None where there is no room for it."""
        self._room -= len(data)
        if self._room < 0 or len(self.attachments) >= limits.ATTACHMENTS:
            return None
        self.attachments.append(data)
        return len(self.attachments) - 1

    def _items(self, items: list[Any], depth: int) -> list[Any]:
        self._room -= 2 * len(items)
        if self._room < 0:
            return [self._cut_size(items)]
        if LEAVES.issuperset(map(type, items)) and self._leaves_are_plain(items):
            return items
        return [self._form(item, depth) for item in items]

    def _leaves_are_plain(self, items: list[Any]) -> bool:
        if sum(len(item) for item in items if type(item) is str) > self._room:
            return False
        try:
            text = jsontext.dump(items)
        except ValueError:
            return False
        self._room -= len(text) - 2 * len(items)
        return self._room >= 0 and ints_fit(items, set(map(type, items)))

    # --- the plain types and their subclasses ---

    def _str(self, value: str, depth: int) -> Any:
        text = str.__str__(value)
        self._room -= len(text)
        if self._room < 0:
            return self._cut_size(value)
        try:
            text.encode("utf-8")
            return text
        except UnicodeEncodeError:
            escaped = text.replace("\\", "\\\\").encode("utf-8", "backslashreplace").decode("utf-8")
            return {FORM: "str", "escaped": escaped}

    def _int(self, value: int, depth: int) -> Any:
        plain = int.__int__(value)
        if INT_MIN <= plain <= INT_MAX:
            return plain
        self._room -= plain.bit_length() // 4
        return {FORM: "int", "hex": hex(plain)} if self._room >= 0 else self._cut_size(value)

    def _float(self, value: float, depth: int) -> Any:
        return self._form(float.__float__(value), depth)

    def _list(self, value: list[Any], depth: int) -> Any:
        return self._items(list(list.__iter__(value)), depth + 1)

    def _dict(self, value: dict[Any, Any], depth: int) -> Any:
        return self._mapping(list(dict.items(value)), depth)

    def _ordered_dict(self, value: OrderedDict[Any, Any], depth: int) -> Any:
        return self._mapping(list(OrderedDict.items(value)), depth)

    def _mapping(self, items: list[tuple[Any, Any]], depth: int) -> Any:
        if all(type(key) is str and key != FORM and _is_clean(key) for key, _ in items):
            self._room -= sum(len(key) for key, _ in items)
            values = self._items([item for _, item in items], depth + 1)
            # A cut that replaced all values has one item only.
            return (
                dict(zip((key for key, _ in items), values))
                if len(values) == len(items)
                else values[0]
            )
        pairs = [[self._form(key, depth + 3), self._form(item, depth + 3)] for key, item in items]
        return {FORM: "dict", "items": pairs}

    # --- the forms ---

    def _bytes(self, value: bytes, depth: int) -> Any:
        data = value if type(value) is bytes else bytes.__getitem__(value, slice(None))
        return self._attachment(value, data, None)

    def _bytearray(self, value: bytearray, depth: int) -> Any:
        return self._attachment(
            value, bytes(bytearray.__getitem__(value, slice(None))), "bytearray"
        )

    def _memoryview(self, value: memoryview, depth: int) -> Any:
        return self._attachment(value, value.tobytes(), "memoryview")

    def _attachment(self, value: Any, data: bytes, kind: Optional[str]) -> Any:
        index = self._attach(value, data)
        if index is None:
            return self._cut_size(value)
        form = {FORM: "bytes", "attachment": index}
        return form if kind is None else {**form, "type": kind}

    def _tuple(self, value: tuple[Any, ...], depth: int) -> Any:
        cls = type(value)
        items = list(tuple.__iter__(value))
        if cls is not tuple:
            names = next(
                (base.__dict__["_fields"] for base in mro_of(cls) if "_fields" in base.__dict__),
                None,
            )
            if type(names) is tuple and len(names) == len(items):
                return self._object(value, zip(names, items), depth)
        return {FORM: "tuple", "items": self._items(items, depth + 2)}

    def _set(self, value: set[Any], depth: int) -> Any:
        return {FORM: "set", "items": self._items(_sorted(set.__iter__(value)), depth + 2)}

    def _frozenset(self, value: frozenset[Any], depth: int) -> Any:
        items = self._items(_sorted(frozenset.__iter__(value)), depth + 2)
        return {FORM: "set", "items": items, "frozen": True}

    def _complex(self, value: complex, depth: int) -> Any:
        return {
            FORM: "complex",
            "real": self._form(value.real, depth),
            "imag": self._form(value.imag, depth),
        }

    def _decimal(self, value: decimal.Decimal, depth: int) -> Any:
        return {FORM: "decimal", "value": decimal.Decimal.__str__(value)}

    def _fraction(self, value: fractions.Fraction, depth: int) -> Any:
        parts = (int(value.numerator), int(value.denominator))
        numerator, denominator = (self._form(part, depth) for part in parts)
        return {FORM: "fraction", "numerator": numerator, "denominator": denominator}

    def _datetime(self, value: datetime.datetime, depth: int) -> Any:
        form = {FORM: "datetime", "iso": datetime.datetime.isoformat(value)}
        zone = getattr(value.tzinfo, "key", None)
        return {**form, "zone": clean(zone)} if type(zone) is str else form

    def _date(self, value: datetime.date, depth: int) -> Any:
        return {FORM: "date", "iso": datetime.date.isoformat(value)}

    def _time(self, value: datetime.time, depth: int) -> Any:
        return {FORM: "time", "iso": datetime.time.isoformat(value)}

    def _timedelta(self, value: datetime.timedelta, depth: int) -> Any:
        return {
            FORM: "timedelta",
            "days": value.days,
            "seconds": value.seconds,
            "microseconds": value.microseconds,
        }

    def _uuid(self, value: uuid.UUID, depth: int) -> Any:
        return {FORM: "uuid", "value": uuid.UUID.__str__(value)}

    def _path(self, value: pathlib.PurePath, depth: int) -> Any:
        return {FORM: "path", "value": self._str(pathlib.PurePath.__str__(value), depth)}

    def _enum(self, value: enum.Enum, depth: int) -> Any:
        name = (
            None if value._name_ is None else clean(str(value._name_))
        )  # flags put together have none
        return {
            FORM: "enum",
            "type": type_name(value),
            "name": name,
            "value": self._form(value._value_, depth + 1),
        }

    def _object(self, value: Any, fields: Iterable[tuple[str, Any]], depth: int) -> Any:
        forms = {clean(str.__str__(name)): self._form(item, depth + 2) for name, item in fields}
        return {FORM: "object", "type": type_name(value), "fields": forms}

    def _dataclass(self, value: Any, depth: int) -> Any:
        return self._object(value, _attributes(value, dataclasses.fields(type(value))), depth)

    def _pydantic(self, value: Any, depth: int) -> Any:
        declared = object.__getattribute__(value, "__dict__")
        extra = getattr(value, "__pydantic_extra__", None) or {}
        return self._object(value, chain(list(declared.items()), list(extra.items())), depth)

    def _exception(self, value: BaseException, depth: int) -> Any:
        message = safe_str(value)
        self._room -= len(message)
        if self._room < 0:
            return self._cut_size(value)
        args = self._items(list(BaseException.args.__get__(value)), depth + 2)
        return {FORM: "exception", "type": type_name(value), "message": message, "args": args}

    def _ndarray(self, value: Any, depth: int) -> Any:
        ndarray = _MODULES["numpy"].ndarray
        dtype, shape = ndarray.dtype.__get__(value), ndarray.shape.__get__(value)
        if dtype.hasobject or dtype.names is not None or dtype.kind not in "?biufcmMSUV":
            return _opaque(self, value, depth)
        index = self._attach(value, ndarray.tobytes(value, "C"))
        if index is None:
            return self._cut_size(value)
        return {FORM: "ndarray", "dtype": dtype.str, "shape": list(shape), "attachment": index}

    def _numpy_scalar(self, value: Any, depth: int) -> Any:
        item = value.item()
        if _MODULES["numpy"].generic in mro_of(type(item)):
            # longdouble is its own Python equivalent; float is the nearest that has a form.
            item = complex(item) if value.dtype.kind == "c" else float(item)
        return self._form(item, depth)


def _is_clean(text: str) -> bool:
    try:
        text.encode("utf-8")
        return True
    except UnicodeEncodeError:
        return False


def _sorted(items: Iterable[Any]) -> list[Any]:
    found = list(items)
    try:
        return sorted(found)
    except Exception:
        return found


def _attributes(value: Any, fields: Iterable[dataclasses.Field[Any]]) -> Iterable[tuple[str, Any]]:
    for field in fields:
        try:
            yield field.name, getattr(value, field.name)
        except AttributeError:
            continue  # deleted by the user


def _cut(value: Any, reason: str) -> dict[str, Any]:
    return {FORM: "cut", "type": type_name(value), "reason": reason}


def _opaque(encoder: Encoder, value: Any, depth: int) -> dict[str, Any]:
    return {FORM: "opaque", "type": type_name(value), "repr": bounded_repr(value)}


_HANDLERS: dict[type, Handler] = {
    bool: lambda encoder, value, depth: bool(value),
    str: Encoder._str,
    int: Encoder._int,
    float: Encoder._float,
    list: Encoder._list,
    OrderedDict: Encoder._ordered_dict,
    dict: Encoder._dict,
    bytes: Encoder._bytes,
    bytearray: Encoder._bytearray,
    memoryview: Encoder._memoryview,
    tuple: Encoder._tuple,
    set: Encoder._set,
    frozenset: Encoder._frozenset,
    complex: Encoder._complex,
    decimal.Decimal: Encoder._decimal,
    fractions.Fraction: Encoder._fraction,
    datetime.datetime: Encoder._datetime,
    datetime.date: Encoder._date,
    datetime.time: Encoder._time,
    datetime.timedelta: Encoder._timedelta,
    uuid.UUID: Encoder._uuid,
    pathlib.PurePath: Encoder._path,
    enum.Enum: Encoder._enum,
    BaseException: Encoder._exception,
}
_PLAIN_BASES = frozenset((str, int, float))


def _handler(cls: type) -> Handler:
    """The form of a type: that of its first base that has one, except where a wider notion comes
    first.
    """
    exact = _HANDLERS.get(cls)
    if exact is not None:
        return exact
    bases = mro_of(cls)
    if enum.Enum in bases and _PLAIN_BASES.isdisjoint(bases):
        return Encoder._enum
    if any("__dataclass_fields__" in base.__dict__ for base in bases):
        return Encoder._dataclass
    foreign = _foreign_handler(bases)
    if foreign is not None:
        return foreign
    for base in bases:
        found = _HANDLERS.get(base)
        if found is not None:
            return found
    return _opaque


def _foreign_handler(bases: tuple[type, ...]) -> Optional[Handler]:
    """Forms of libraries that the user has imported; they are never imported here."""
    numpy = _MODULES.get("numpy")
    if numpy is not None:
        if getattr(numpy, "ndarray", None) in bases:
            return Encoder._ndarray
        if getattr(numpy, "generic", None) in bases and _PLAIN_BASES.isdisjoint(bases):
            return Encoder._numpy_scalar
    pydantic = _MODULES.get("pydantic")
    if pydantic is not None and getattr(pydantic, "BaseModel", None) in bases:
        return Encoder._pydantic
    return None
