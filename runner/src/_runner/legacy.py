"""The lines of the deprecated dialect (docs/STDIO.md): JSON objects, one a line. Sans-I/O: bytes in, lines out."""

from __future__ import annotations

import json
import re
from typing import Any, Iterator, NamedTuple, Optional, Union

from . import limits

ERROR = -32000
_ENDS = limits.LEGACY_LINE_ENDS
# Where a line that is not read says whose it is: our answers have the id in front, requests have it at the end.
_ID_IN_FRONT = re.compile(rb'\s*\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"id"\s*:\s*(\d{1,18})\s*,')
_ID_AT_THE_END = re.compile(rb'"id"\s*:\s*(\d{1,18})\s*\}\s*$')


class Request(NamedTuple):
    """What the host asks for. Nothing of it has been looked at but that it is an object."""

    method: Any
    params: Any
    id: Any
    size: int


class Answer(NamedTuple):
    """What the host says to a tool call; exactly one of `result` and `error` counts."""

    id: Any
    result: Any
    error: Any


class Unreadable(NamedTuple):
    """A line that cannot be taken; whose it is, where its ends say so."""

    id: Optional[int]
    why: str


Line = Union[Request, Answer, Unreadable]


class LineReader:
    """Cuts a byte stream into lines. Blank ones, those that are not JSON and those that hold no object are dropped."""

    def __init__(self) -> None:
        self._line = bytearray()
        self._size = 0
        self.dropped = 0

    def feed(self, data: bytes) -> Iterator[Line]:
        """Yield each line that is complete now. The iterator must be exhausted before the next call."""
        start = 0
        while True:
            end = data.find(b"\n", start)
            if end < 0:
                break
            self._keep(data[start:end])
            start = end + 1
            found = self._finish()
            if found is not None:
                yield found
        self._keep(data[start:] if start else data)

    def _keep(self, piece: bytes) -> None:
        self._size += len(piece)
        self._line += piece
        if self._size > limits.LEGACY_LINE:
            del self._line[_ENDS:-_ENDS]

    def _finish(self) -> Optional[Line]:
        size, self._size = self._size, 0
        line, self._line = self._line, bytearray()
        if size > limits.LEGACY_LINE:
            return Unreadable(_id_of(line), f"a line of {size} bytes is longer than {limits.LEGACY_LINE}")
        if not line or line.isspace():
            return None
        try:
            value = json.loads(line.decode("utf-8", "replace"))
        except json.JSONDecodeError:
            value = None
        except (ValueError, RecursionError) as problem:  # a number too long, or nested too deep
            return Unreadable(_id_of(line), f"a line that cannot be read: {problem}")
        if not isinstance(value, dict):
            self.dropped += 1
            return None
        if "method" not in value and ("result" in value or "error" in value):
            return Answer(value.get("id"), value.get("result"), value.get("error"))
        return Request(value.get("method"), value.get("params", {}), value.get("id"), size)


def _id_of(line: bytearray) -> Optional[int]:
    found = _ID_IN_FRONT.match(line) or _ID_AT_THE_END.search(line)
    return int(found.group(1)) if found else None


# --- to the host ---


def result(id: Any, value: Any) -> bytes:
    return _line({"jsonrpc": "2.0", "id": id, "result": value})


def error(id: Any, refused: dict[str, Any]) -> bytes:
    return _line({"jsonrpc": "2.0", "id": id, "error": refused})


def failure(kind: str, message: str, output: str = "", **extensions: Any) -> dict[str, Any]:
    """The error object for an exception of this kind; what is no part of the dialect stands beside it in `data`."""
    data: dict[str, Any] = {"type": kind, "message": message, "args": [message] if message else []}
    if output:
        data["output"] = output
    return {"code": ERROR, "message": message, "data": {**data, **extensions}}


def tool_call(id: int, name: str, args: Any, kwargs: Any) -> bytes:
    params = {"name": name, "args": args, "kwargs": kwargs}
    return _line({"jsonrpc": "2.0", "method": "tool_call", "params": params, "id": id})


# ASCII only: a host that decodes what it reads piece by piece cannot damage a character.
_ENCODER = json.JSONEncoder(separators=(",", ":"))


def _line(value: Any) -> bytes:
    return _ENCODER.encode(value).encode("ascii") + b"\n"
