"""Exceptions as reports: the user's own lines and nothing of the runner, bounded, whatever the
exception does.
"""

from __future__ import annotations

import os
import traceback
from typing import Any, NamedTuple, Optional, Sequence

from . import limits
from .pristine import BUILTINS as __builtins__  # noqa: F401
from .reprs import clean, is_a, module_of, qualname_of, safe_str, shorten

_OWN = os.path.dirname(__file__) + os.sep
_ASYNCIO = os.path.join(os.path.dirname(os.__file__), "asyncio") + os.sep
_HEADER = "Traceback (most recent call last):\n"
_PARTS = ("__cause__", "__context__")
_Told, _Summary = traceback.TracebackException, traceback.FrameSummary
_traceback_of = BaseException.__dict__[
    "__traceback__"
].__get__  # no attribute of the user's is asked


class Place(NamedTuple):
    """Where something happened that has no traceback."""

    file: str
    line: int
    function: str


def is_own(filename: str) -> bool:
    """Whether a file belongs to the runner."""
    return filename.startswith(_OWN)


def is_asyncio(filename: str) -> bool:
    """Whether a file belongs to the event loop."""
    return filename.startswith(_ASYNCIO)


def describe(
    exception: BaseException, place: Optional[Place] = None, notes: Sequence[str] = ()
) -> dict[str, Any]:
    """The `error` of a `cell.report`, without its `data`."""
    message = shorten(safe_str(exception), limits.ERROR_MESSAGE)
    try:
        text, stack = _formatted(exception, place)
    except BaseException:  # noqa: B902 - a user's exception may raise anything, or defeat the traceback module
        text, stack = _plain(exception, message)
    described = {
        "type": qualname_of(type(exception)),
        "module": module_of(type(exception)),
        "message": message,
        "traceback": shorten(
            clean(text + "".join(note + "\n" for note in notes)), limits.TRACEBACK
        ),
        "frames": [_frame(frame) for frame in _ends(stack)],
    }
    if is_a(exception, SyntaxError):
        try:
            described.update(_syntax(exception))
        except BaseException:  # noqa: B902 - its attributes are the user's
            pass
    return described


def _formatted(
    exception: BaseException, place: Optional[Place]
) -> tuple[str, list[traceback.FrameSummary]]:
    told = _Told(
        type(exception), exception, _traceback_of(exception), limit=-limits.TRACEBACK_FRAMES
    )
    _strip(told)
    if place is not None:
        told.stack[:] = [_Summary(place.file, place.line, place.function)]
    if (
        told.__cause__ is not None
        or told.__context__ is not None
        or getattr(told, "exceptions", None)
    ):
        return "".join(told.format()), list(told.stack)
    # Put together here: with no frame of the user's there is nothing to head.
    frames = _HEADER + "".join(told.stack.format()) if told.stack else ""
    return frames + "".join(told.format_exception_only()), list(told.stack)


def _strip(first: traceback.TracebackException) -> None:
    """Take the runner's frames out of an exception and of all that it is chained or grouped with.
    """
    seen: set[int] = set()
    todo = [first]
    while todo:
        told = todo.pop()
        if id(told) in seen:
            continue
        seen.add(id(told))
        if told.stack:
            told.stack[:] = _user_frames(list(told.stack))
        todo.extend(part for part in (getattr(told, name) for name in _PARTS) if part is not None)
        todo.extend(getattr(told, "exceptions", None) or ())


def _user_frames(frames: list[traceback.FrameSummary]) -> list[traceback.FrameSummary]:
    kept = [frame for frame in frames if not is_own(frame.filename)]
    if is_own(frames[0].filename):
        # The event loop that the runner gave the cell is the runner's doing too.
        while kept and kept[0].filename.startswith(_ASYNCIO):
            del kept[0]
    return kept


def _ends(stack: list[traceback.FrameSummary]) -> list[traceback.FrameSummary]:
    if len(stack) <= limits.REPORTED_FRAMES:
        return stack
    half = limits.REPORTED_FRAMES // 2
    return stack[:half] + stack[-half:]


def _frame(frame: traceback.FrameSummary) -> dict[str, Any]:
    return {
        "file": clean(frame.filename),
        "line": frame.lineno,
        "function": clean(frame.name),
        "source": clean(frame.line or ""),
    }


def _plain(exception: BaseException, message: str) -> tuple[str, list[traceback.FrameSummary]]:
    stack = []
    step = _traceback_of(exception)
    while step is not None:
        code = step.tb_frame.f_code
        if not is_own(code.co_filename):
            stack.append(
                _Summary(code.co_filename, step.tb_lineno, code.co_name, line="")
            )
        step = step.tb_next
    stack = stack[-limits.REPORTED_FRAMES :]
    lines = [
        f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}\n' for frame in stack
    ]
    return _HEADER + "".join(lines) + f"{qualname_of(type(exception))}: {message}\n", stack


def _syntax(exception: Any) -> dict[str, Any]:
    found = {
        "line": exception.lineno,
        "column": exception.offset,
        "endLine": getattr(exception, "end_lineno", None),
        "endColumn": getattr(exception, "end_offset", None),
    }
    syntax: dict[str, Any] = {
        name: value for name, value in found.items() if type(value) is int and value > 0
    }
    if "line" not in syntax:
        return {}
    if type(exception.text) is str:
        syntax["text"] = clean(exception.text.rstrip("\n"))[: limits.REPR]
    return {"syntax": syntax}
