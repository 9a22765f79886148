"""Where a file that a tool is given lies in the workspace: the host knows its files by that, and not by where the code stands."""

from __future__ import annotations

import inspect
import os
from typing import Any, Optional

from .pristine import BUILTINS as __builtins__
from .reprs import bounded_repr

_SHOWN = 200  # characters of a path in a message


class Workspace:
    """The directory of the session's files. Confined to the main thread, and to the threads that call tools."""

    def __init__(self, told: str) -> None:
        self.move(told)

    def move(self, told: str) -> None:
        """A branch has another one."""
        self._told, self._real = os.path.abspath(told), os.path.realpath(told)

    def below(self, path: str) -> Optional[str]:
        """The path from there; None for what is not below it, or is the workspace itself."""
        full = os.path.normpath(os.path.join(os.getcwd(), path))
        for root in (self._real, self._told):
            if full.startswith(root.rstrip(os.sep) + os.sep):
                return os.path.relpath(full, root)
        return None


def placed(tool: str, signature: inspect.Signature, names: frozenset[str], workspace: Workspace, args: Any, kwargs: Any) -> Any:
    """The arguments with the files among them as paths below the workspace. Raises ValueError for one outside of it."""
    bound = signature.bind(*args, **kwargs)
    for name in names.intersection(bound.arguments):
        given = bound.arguments[name]
        path = os.fspath(given) if isinstance(given, os.PathLike) else given
        if not isinstance(path, str):
            continue  # the host says what it wants instead
        below = workspace.below(path) if path else None
        if below is None:
            raise ValueError(f"{tool}(): {name} has to be a file below the workspace, and is {bounded_repr(path, _SHOWN)}")
        if not _is_utf8(below):
            raise ValueError(f"{tool}(): {name} has to have a name in UTF-8, and is {bounded_repr(path, _SHOWN)}; rename it")
        bound.arguments[name] = below
    return bound.args, bound.kwargs


def _is_utf8(path: str) -> bool:
    """What is not would reach the host as another name."""
    try:
        path.encode("utf-8")
        return True
    except UnicodeEncodeError:
        return False
