"""Copying a session's files for a branch of it."""

from __future__ import annotations

import os
import shutil

from . import limits
from .pristine import BUILTINS as __builtins__  # noqa: F401


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
    shutil.copytree(origin, target, symlinks=True, dirs_exist_ok=True)
