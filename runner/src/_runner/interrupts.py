"""SIGINT in a kernel: it is raised in the user's code only, never in the runner's.

A Python function handles it, so that programs started from a cell begin with the default again.
"""

from __future__ import annotations

import os
import signal
from types import FrameType
from typing import Optional

from .cells import is_cell_file
from .pristine import BUILTINS as __builtins__  # noqa: F401
from .tracebacks import is_own
from .wire import wait_readable

_getpid = os.getpid
_WAITING = wait_readable.__code__  # holds nothing that an exception could lose


def may_raise(frame: Optional[FrameType]) -> bool:
    """Whether an exception out of this frame reaches the user's code before it passes the runner's.
    """
    if frame is not None and frame.f_code is _WAITING:
        return True
    while frame is not None:
        filename = frame.f_code.co_filename
        if is_cell_file(filename):
            return True
        if is_own(filename):
            return False
        frame = frame.f_back
    return False


def install() -> None:
    kernel = _getpid()

    def on_interrupt(signum: int, frame: Optional[FrameType]) -> None:
        if _getpid() != kernel or may_raise(frame):
            raise KeyboardInterrupt

    signal.signal(signal.SIGINT, on_interrupt)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
