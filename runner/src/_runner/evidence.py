"""What a stuck process is doing: its Python stacks, written when the supervisor or the host asks by a signal.

The handler is C code: it answers although a cell holds the GIL, and runs no Python.
"""

from __future__ import annotations

import faulthandler
import fcntl
import functools
import os
import signal
from typing import Any, Iterable, Optional

from . import limits

REQUEST = signal.SIGRTMIN + 6
_mask, _BLOCK, _SETMASK = signal.pthread_sigmask, signal.SIG_BLOCK, signal.SIG_SETMASK


def path(name: str) -> Optional[str]:
    """Where a process of this name writes its stacks; None where there is no place for it."""
    directory = os.environ.get(limits.DIRECTORY_VARIABLE)
    return os.path.join(directory, f"stacks-{name}.txt") if directory else None


def arm(name: str, before: int = -1) -> int:
    """Let a REQUEST append all stacks to stacks-<name>.txt of the runner's private directory.

    One file a name, begun anew: the kernels that follow each other in a session share one. Returns its descriptor, or -1.
    """
    # A request that comes while there is no handler would end the process; it waits.
    masked = _mask(_BLOCK, (REQUEST,))
    try:
        if before >= 0:
            faulthandler.unregister(REQUEST)
            os.close(before)
        return _register(name)
    finally:
        _mask(_SETMASK, masked)


def _register(name: str) -> int:
    file_name = path(name)
    if file_name is None:
        return -1
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
    low = os.open(file_name, flags, 0o600)
    try:
        # Careless code closes or reuses low numbers.
        file = fcntl.fcntl(low, fcntl.F_DUPFD_CLOEXEC, limits.PRIVATE_FD_MIN)
    finally:
        os.close(low)
    faulthandler.register(REQUEST, file=file, all_threads=True, chain=False)
    return file


def keep_open() -> None:
    """Let the request come through whatever a cell blocks: who blocks all signals means those that it knows."""
    block = signal.pthread_sigmask

    @functools.wraps(block)
    def pthread_sigmask(how: int, mask: Iterable[int]) -> Any:
        if how == signal.SIG_UNBLOCK:
            return block(how, mask)
        return block(how, [number for number in mask if number != REQUEST])

    signal.pthread_sigmask = pthread_sigmask
