"""Values of the deprecated dialect: documents of ours as plain JSON, and the answers of tools as documents. Sans-I/O.

The dialect has no forms for what JSON cannot say. It has NaN and Infinity as Python writes them, and texts.
"""

from __future__ import annotations

import datetime
import json
import sys
from math import prod
from typing import Any, Callable, Sequence

from . import limits
from .encoder import Encoder
from .frames import Bytes
from .plain import FORM

Inner = Callable[[Any], Any]
_ARRAYS = {"b1": "?", "i1": "b", "i2": "h", "i4": "i", "i8": "q"}
_ARRAYS.update({"u1": "B", "u2": "H", "u4": "I", "u8": "Q", "f4": "f", "f8": "d"})
_NATIVE = "|=" + ("<" if sys.byteorder == "little" else ">")


class BadAnswer(ValueError):
    """An answer to a tool call that the dialect does not allow."""


# --- to the host ---


def flatten(document: Any, attachments: Sequence[Bytes], virtual: Callable[[str], str]) -> Any:
    """The document as plain JSON. Total: what a guest wrote and no form allows stays as it is.

    `virtual` tells the name that the host has for a path.
    """
    if type(document) is list:
        return [flatten(item, attachments, virtual) for item in document]
    if type(document) is not dict:
        return document

    def inner(value: Any) -> Any:
        return flatten(value, attachments, virtual)

    name = document.get(FORM)
    try:
        if name == "bytes":
            return repr(bytes(attachments[document["attachment"]]))
        if name == "ndarray":
            return _array(document, attachments[document["attachment"]])
        if name == "path":
            return virtual(str(inner(document["value"])))
        form = _FORMS.get(name) if type(name) is str else None
        if form is not None:
            return form(document, inner)
    except (LookupError, AttributeError, TypeError, ValueError, ArithmeticError):
        pass
    return {key: inner(item) for key, item in document.items()}


def _int(document: dict[str, Any], inner: Inner) -> Any:
    text = document["hex"]
    return int(text, 16) if len(text) <= limits.LEGACY_INT_HEX else text


def _str(document: dict[str, Any], inner: Inner) -> str:
    """A lone surrogate is written as an escape, which JSON allows and Python's reader takes."""
    return str(json.loads('"' + document["escaped"].replace('"', '\\"') + '"', strict=False))


def _dict(document: dict[str, Any], inner: Inner) -> Any:
    pairs = [(inner(key), inner(item)) for key, item in document["items"]]
    named = {key if type(key) is str else json.dumps(key): item for key, item in pairs}
    return named if len(named) == len(pairs) else [list(pair) for pair in pairs]


def _array(document: dict[str, Any], data: Bytes) -> Any:
    dtype, shape = document["dtype"], document["shape"]
    code = _ARRAYS.get(dtype[1:])
    if code is None or dtype[0] not in _NATIVE or not 0 < prod(shape) <= limits.DOCUMENT_NODES or not shape:
        return f"<array of {dtype}, shape {tuple(shape)}>"
    return memoryview(data).cast("B").cast(code, shape).tolist()  # type: ignore[call-overload]


def _duration(document: dict[str, Any], inner: Inner) -> str:
    return str(datetime.timedelta(document["days"], document["seconds"], document["microseconds"]))


_FORMS: dict[str, Callable[[dict[str, Any], Inner], Any]] = {
    "int": _int,
    "float": lambda document, inner: float(document["value"]),
    "str": _str,
    "tuple": lambda document, inner: inner(document["items"]),
    "set": lambda document, inner: inner(document["items"]),
    "dict": _dict,
    "complex": lambda document, inner: str(complex(inner(document["real"]), inner(document["imag"]))),
    "decimal": lambda document, inner: str(document["value"]),
    "fraction": lambda document, inner: f"{inner(document['numerator'])}/{inner(document['denominator'])}",
    "datetime": lambda document, inner: str(document["iso"]),
    "date": lambda document, inner: str(document["iso"]),
    "time": lambda document, inner: str(document["iso"]),
    "timedelta": _duration,
    "uuid": lambda document, inner: str(document["value"]),
    "enum": lambda document, inner: inner(document["value"]),
    "object": lambda document, inner: {name: inner(item) for name, item in document["fields"].items()},
    "exception": lambda document, inner: f"{document['type']}: {document['message']}",
    "opaque": lambda document, inner: str(document["repr"]),
    "cycle": lambda document, inner: f"<cycle: {document['type']}>",
    "cut": lambda document, inner: f"<{document['type']}, left out: {document['reason']}>",
}


# --- from the host ---


def answered(result: Any) -> bytes:
    """The document of a tool's result. Raises BadAnswer."""
    kind = result.get("type") if isinstance(result, dict) else None
    value = result.get("value") if isinstance(result, dict) else None
    if kind not in ("json", "string") or not isinstance(value, str):
        raise BadAnswer(f'a result is {{"type": "json" or "string", "value": a text}}, not {_shown(result)}')
    if kind == "json":
        try:
            value = json.loads(value)
        except (ValueError, RecursionError) as problem:
            raise BadAnswer(f"its value is no JSON document: {problem}: {_shown(value)}") from None
    encoder = Encoder()
    document = encoder.encode(value)
    if encoder.too_large or len(document) > limits.MESSAGE - limits.KERNEL_ENVELOPE:
        raise BadAnswer(f"its value is larger than a message may be ({limits.MESSAGE} bytes)")
    return document


def _shown(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= limits.GARBAGE_SHOWN else text[: limits.GARBAGE_SHOWN] + "..."
