"""JSON text by the C functions of the standard library, held since before user code could patch
`json`.
"""

from __future__ import annotations

import json
from typing import Any, Callable

from .pristine import BUILTINS as __builtins__  # noqa: F401


def _refuse(value: Any) -> Any:
    raise TypeError(f"{type(value).__name__} is not plain JSON")


def _writer(*, only_ascii: bool) -> Callable[[Any], str]:
    """Made once: the encoders of `json` make their C parts anew for each text."""
    make = json.encoder.c_make_encoder
    if make is None:
        return json.JSONEncoder(ensure_ascii=only_ascii, allow_nan=False, separators=(",", ":")).encode
    strings = json.encoder.encode_basestring_ascii if only_ascii else json.encoder.encode_basestring
    pieces = make(None, _refuse, strings, None, ":", ",", False, False, False)
    join = "".join
    return lambda value: join(pieces(value, 0))


_write, _write_ascii = _writer(only_ascii=False), _writer(only_ascii=True)
_scan = json.JSONDecoder().scan_once


def dump(value: Any) -> bytes:
    """UTF-8 JSON. ValueError for what JSON cannot say: NaN, lone surrogates (UnicodeEncodeError).
    """
    return _write(value).encode("utf-8")


def dump_ascii(value: Any) -> bytes:
    """The same with everything else escaped, so that every text can be said."""
    return _write_ascii(value).encode("ascii")


def load(text: bytes) -> Any:
    """The value of a JSON text that starts at its first byte. ValueError for anything else."""
    decoded = text.decode("utf-8").strip(" \t\r\n")
    try:
        value, end = _scan(decoded, 0)
    except StopIteration:
        raise ValueError("not JSON") from None
    if end != len(decoded):
        raise ValueError(f"JSON ends at character {end} of {len(decoded)}")
    return value
