"""Python's `logging`, forwarded to the host where it asked for it."""

from __future__ import annotations

import logging
import traceback
from typing import Callable

from . import limits
from .pristine import BUILTINS as __builtins__  # noqa: F401
from .reprs import clean, safe_str, shorten

Forward = Callable[[str, str, str], None]


class _Forwarder(logging.Handler):
    def __init__(self, forward: Forward) -> None:
        super().__init__()
        self._forward = forward

    def emit(self, record: logging.LogRecord) -> None:
        try:
            message = record.getMessage()
            if record.exc_info and record.exc_info[0] is not None:
                message += "\n" + "".join(traceback.format_exception(*record.exc_info)).rstrip("\n")
        except Exception as problem:
            message = f"{safe_str(record.msg)} (its arguments do not fit: {safe_str(problem)})"
        text = shorten(clean(message), limits.LOG_MESSAGE)
        self._forward(
            clean(str(record.name))[: limits.NAME_LENGTH], clean(str(record.levelname))[:20], text
        )


def install(level: str, forward: Forward) -> None:
    """Forward what the root logger handles from this level on; an unknown level name means WARNING.
    """
    root = logging.getLogger()
    found = logging.getLevelName(level.upper())
    root.setLevel(found if isinstance(found, int) else logging.WARNING)
    root.addHandler(_Forwarder(forward))
