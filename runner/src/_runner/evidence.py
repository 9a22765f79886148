"""What a stuck process is doing: its Python stacks, written when the host asks by a signal.

The handler is C code: it answers although a cell holds the GIL, and runs no Python.
"""

from __future__ import annotations

import faulthandler
import fcntl
import os
import signal

from . import limits

REQUEST = signal.SIGRTMIN + 6


def arm(name: str, before: int = -1) -> int:
    """Let a REQUEST append all stacks to stacks-<name>.txt of the runner's private directory.

    One file a name, begun anew: the kernels that follow each other in a session share one. Returns its descriptor, or -1.
    """
    if before >= 0:
        faulthandler.unregister(REQUEST)
        os.close(before)
    directory = os.environ.get("PYVISOR_DIR")
    if not directory:
        return -1
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
    low = os.open(os.path.join(directory, f"stacks-{name}.txt"), flags, 0o600)
    try:
        # Careless code closes or reuses low numbers.
        file = fcntl.fcntl(low, fcntl.F_DUPFD_CLOEXEC, limits.PRIVATE_FD_MIN)
    finally:
        os.close(low)
    faulthandler.register(REQUEST, file=file, all_threads=True, chain=False)
    return file
