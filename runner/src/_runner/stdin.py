"""Standard input of a kernel: there is none, and reading it says what to do instead."""

from __future__ import annotations

import io
import sys
from typing import Any, NoReturn

from .pristine import BUILTINS as __builtins__  # noqa: F401

_ADVICE = (
    "a cell has no standard input. Give the data to the session as a variable before the cell runs, "
    "ask for it through a host tool, or read it from a file"
)


def _refuse(*_: Any) -> NoReturn:
    raise EOFError(_ADVICE)


class _NoBytes(io.RawIOBase):
    read = readall = readinto = readline = readlines = __next__ = _refuse

    def readable(self) -> bool:
        return True

    def fileno(self) -> int:
        return 0


class NoInput(io.TextIOBase):
    """`sys.stdin`. Its descriptor is the null device, so that it can be handed to subprocesses."""

    mode = "r"
    encoding = "utf-8"
    errors = "strict"
    name = "<stdin>"
    read = readline = readlines = __next__ = _refuse

    def __init__(self) -> None:
        self.buffer = _NoBytes()

    def readable(self) -> bool:
        return True

    def fileno(self) -> int:
        return 0

    def isatty(self) -> bool:
        return False


def install() -> None:
    sys.stdin = sys.__stdin__ = NoInput()  # type: ignore[assignment]
