"""The copy of a workspace that a branch begins with, made in its own process."""

from __future__ import annotations

import os
import shutil

from . import limits
from .pristine import BUILTINS as __builtins__  # noqa: F401
from .workspaces import is_staged

_copytree = shutil.copytree  # beside the user's code, where another module may have the name by now


def copy(origin: str, target: str) -> None:
    """Copy what is in a directory into one that exists. Raises OSError where that is more than a branch may copy."""
    size = 0
    for directory, _, names in os.walk(origin):
        for name in names:
            size += os.lstat(os.path.join(directory, name)).st_size
        if size > limits.WORKSPACE_COPY:
            raise OSError(
                f"the workspace holds more than the {limits.WORKSPACE_COPY} bytes that a branch copies; name a "
                "directory for it instead"
            )
    _copytree(origin, target, symlinks=True, dirs_exist_ok=True, ignore=_staged)


def _staged(folder: str, names: list[str]) -> list[str]:
    """What is on its way into the origin arrives there."""
    return [name for name in names if is_staged(name)]
