"""The directories that cells run in: made, and removed behind a host that is gone."""

from __future__ import annotations

import os
import stat
from typing import Optional

from . import limits, linux
from .pristine import BUILTINS as __builtins__  # noqa: F401

_PREFIX = "workspace-"
_STAGED = (".pyvisor-", ".part")  # around the name of what is on its way into a workspace
_HOST_PREFIX = "pyvisor-"  # of the private directory, which the host makes


def make() -> str:
    """A new directory that only this user can read."""
    parent = _private() or os.environ.get("TMPDIR") or "/tmp"
    path = os.path.join(parent, f"{_PREFIX}{os.urandom(8).hex()}")
    os.mkdir(path, 0o700)
    return path


def name_for_staging() -> str:
    return os.urandom(8).hex().join(_STAGED)


def is_staged(name: str) -> bool:
    """Whether it is on its way into a workspace, and not there yet."""
    return name.startswith(_STAGED[0]) and name.endswith(_STAGED[1])


def was_private(path: str) -> bool:
    """Whether a runner that had this one's directory before made it: then it goes with its session, too."""
    parent = _private()
    head, tail = os.path.split(path)
    return parent is not None and head == os.path.abspath(parent) and tail.startswith(_PREFIX)


def clear_up_behind(host: int) -> None:
    """Remove the private directory where the process that made it is gone, and cannot do it itself."""
    path = _private()
    if path is None or (os.getppid() == host and not linux.is_ending(host)):
        return
    # The variable may have been set by anybody: what a host has made has its name and its mode.
    if os.path.basename(path).startswith(_HOST_PREFIX) and _mode(path) == stat.S_IFDIR | 0o700:
        remove(path)


def remove(path: str) -> None:
    """With all that is in it; what cannot be removed stays."""
    from .removal import folder_removal  # kernels have no need of it

    for _ in folder_removal(path):
        pass


def _mode(path: str) -> int:
    try:
        return os.lstat(path).st_mode
    except OSError:
        return 0  # the host has removed it, while it could


def _private() -> Optional[str]:
    return os.environ.get(limits.DIRECTORY_VARIABLE)
