"""A page of memory that the supervisor and a session's kernels share: which cell is to be interrupted, and when the
code of which cell began and ended. Numbers cost no message.

The kernel's half is written by the guest: whoever reads it must expect anything.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import struct

from .pristine import BUILTINS as __builtins__  # noqa: F401

_SIZE = mmap.PAGESIZE
_PAIR = struct.Struct("=QQ")
_ASKED, _STARTED, _RETURNED = 0, 64, 128  # a cache line each
_pack, _unpack = _PAIR.pack_into, _PAIR.unpack_from
_dup, _close = os.dup, os.close
_SEALS = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL
# An `mmap` object closes at its end the duplicate of its descriptor that `mapped` has closed already: so none ends.
_for_ever: list[Page] = []


class Page:
    """One of the two views of it. Each half has one writer."""

    def __init__(self, fd: int) -> None:
        self._memory = mmap.mmap(fd, _SIZE)
        self._count = 0

    # --- the supervisor's half ---

    def ask(self, cell: int) -> None:
        """Whom the next SIGINT is for."""
        self._count += 1
        _pack(self._memory, _ASKED, self._count, cell)

    def asked(self) -> tuple[int, int]:
        """How often was asked, and for which cell the last time."""
        return _unpack(self._memory, _ASKED)  # type: ignore[return-value]

    # --- the kernel's half ---

    def begin(self, cell: int, now: int) -> None:
        """The cell's code begins, at this time of the monotonic clock in nanoseconds."""
        _pack(self._memory, _STARTED, cell, now)

    def begun(self) -> tuple[int, int]:
        """Which cell the kernel says it began, and when."""
        return _unpack(self._memory, _STARTED)  # type: ignore[return-value]

    def end(self, cell: int, now: int) -> None:
        """The cell's code has ended, at this time."""
        _pack(self._memory, _RETURNED, cell, now)

    def ended(self) -> tuple[int, int]:
        """The code of which cell the kernel says has ended, and when."""
        return _unpack(self._memory, _RETURNED)  # type: ignore[return-value]

    def close(self) -> None:
        self._memory.close()


def mapped(fd: int) -> Page:
    """The view of a kernel, which keeps no descriptor; in a process with one thread."""
    lowest = _dup(fd)
    _close(lowest)
    page = Page(fd)  # whose duplicate is the lowest free descriptor again
    _close(lowest)
    _close(fd)
    _for_ever.append(page)
    return page


def create() -> int:
    """The descriptor of a new page, to be handed to kernels. Raises OSError.

    Nobody can make it shorter: a guest that did would end the supervisor, which looks at a page that is no more there.
    """
    fd = os.memfd_create("pyvisor-page", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        os.ftruncate(fd, _SIZE)
        fcntl.fcntl(fd, fcntl.F_ADD_SEALS, _SEALS)
    except OSError:
        os.close(fd)
        raise
    return fd
