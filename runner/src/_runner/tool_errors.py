"""What a host tool's call, or an answer, can raise. User code imports these from the module `pyvisor`."""

from __future__ import annotations

import builtins
import sys
import types
from typing import Any, Mapping

from .pristine import BUILTINS as __builtins__  # noqa: F401

MODULE = "pyvisor"


class ToolError(RuntimeError):
    """A host tool failed, or could not be called.

    `message` is the host's text, `type` the type of the failure there, `data` what it attached,
    `code` its name in the protocol's table of errors.
    """

    code = "tool_failed"

    def __init__(self, message: str, *, type: str = "", data: Any = None, code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.type = type
        self.data = data
        self.code = code or self.code

    def __reduce__(self) -> Any:
        state = {"message": self.message, "type": self.type, "data": self.data, "code": self.code}
        return self.__class__, (self.message,), state


class ToolNotFound(ToolError):
    """The host has no tool of that name (any more)."""

    code = "tool_not_found"


class ToolCancelled(ToolError):
    """The call was given up: its cell ended, or the host closed."""

    code = "cancelled"


class ToolDeadlineExceeded(ToolError):
    """The call took longer than its deadline allows."""

    code = "deadline_exceeded"


class ToolReentered(ToolError):
    """The tool called the session that called it."""

    code = "reentrant_call"


class ToolCallTooLarge(ToolError, ValueError):
    """Arguments or a result are above the limits of a message."""

    code = "message_too_large"


class ToolNotAwaited(RuntimeError):
    """A host tool was called without `await`, so it never ran."""


class SubmitError(ValueError):
    """An answer is not what the host asked for; nothing was submitted, and the cell may try again."""


_PUBLIC = (
    ToolError,
    ToolNotFound,
    ToolCancelled,
    ToolDeadlineExceeded,
    ToolReentered,
    ToolCallTooLarge,
    ToolNotAwaited,
    SubmitError,
)
_BY_CODE: Mapping[str, type[ToolError]] = {
    kind.code: kind for kind in _PUBLIC if issubclass(kind, ToolError) and kind is not ToolError
}


def from_wire(error: Any, data: Any) -> ToolError:
    """The exception for the `error` of a reply; `data` is its inner data, decoded."""
    fields = error if isinstance(error, dict) else {"message": f"the host answered {error!r}"}
    details = fields.get("data")
    details = details if isinstance(details, dict) else {}
    code = str(details.get("code") or "internal")
    kind = _BY_CODE.get(code, ToolError)
    return kind(
        str(fields.get("message", "")), type=str(details.get("type") or ""), data=data, code=code
    )


def install_module() -> None:
    """Make `except ToolError` work in cells, and `from pyvisor import ToolError` in files that they import."""
    module = types.ModuleType(MODULE, "What host tools raise.")
    for kind in _PUBLIC:
        kind.__module__ = MODULE
        setattr(module, kind.__name__, kind)
        setattr(builtins, kind.__name__, kind)  # a model writes the name without an import
    module.__dict__["__all__"] = [kind.__name__ for kind in _PUBLIC]
    sys.modules[MODULE] = module
