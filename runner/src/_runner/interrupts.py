"""SIGINT in a kernel: it is raised in the code of the cell that it is meant for, never in the runner's.

The supervisor writes into the shared page whom it interrupts, then sends the signal. A Python function handles it, so
that programs started from a cell begin with the default again.
"""

from __future__ import annotations

import _signal
import os
import selectors
import signal
import time
from types import CodeType, FrameType
from typing import Any, Optional

from . import capture
from .cells import LOOP_CODE, STEP_CODE, is_cell_file
from .evidence import ANSWER_CODE
from .page import Page
from .pristine import BUILTINS as __builtins__  # noqa: F401
from .tracebacks import is_asyncio, is_own
from .wire import wait_readable

_getpid, _clock = os.getpid, time.monotonic_ns
_SIGINT = int(signal.SIGINT)
_handler_of, _set_handler = _signal.getsignal, _signal.signal
_set_mask, _UNBLOCK = _signal.pthread_sigmask, _signal.SIG_UNBLOCK
# Where a cell waits in the runner's code: nothing is held there that an exception could lose.
_WAITING = wait_readable.__code__
_WRITING = frozenset((capture.write_all.__code__, capture.CapturePipe.write.__code__))
_SELECTORS = selectors.__file__

RAISE, DEFER, CANCEL = "raise", "defer", "cancel"


def place_of(frame: Optional[FrameType], looping: bool) -> str:
    """What may be done to the code that is on the stack: to raise in the cell's own frames or what they called; to
    wait until the runner's code that they called is left; to cancel the cell's main task where its loop is idle, or is
    not `looping` yet: what is raised while it is made leaves half a loop behind.
    """
    while frame is not None and frame.f_code is ANSWER_CODE:
        frame = frame.f_back  # it answers a question, in the middle of whatever it does
    if frame is None:
        return DEFER
    innermost: CodeType = frame.f_code
    if innermost is _WAITING or innermost is STEP_CODE:
        return RAISE
    current: Optional[FrameType] = frame
    in_runner = False
    while current is not None:
        code = current.f_code
        filename = code.co_filename
        if is_cell_file(filename):
            return DEFER if in_runner else RAISE
        if code is LOOP_CODE:
            idle = code is innermost or _is_machinery(innermost.co_filename)
            return CANCEL if idle or in_runner or not looping else RAISE
        if is_own(filename) and code not in _WRITING:
            in_runner = True
        current = current.f_back
    return DEFER


def _is_machinery(filename: str) -> bool:
    return is_asyncio(filename) or filename == _SELECTORS


class Interrupts:
    """Confined to the main thread; its handler runs between two of that thread's bytecodes."""

    def __init__(self, page: Optional[Page]) -> None:
        self._page = page
        self._pid = _getpid()
        self._handled = 0  # how often was asked, as it was looked at last; what is for an earlier cell is passed over
        self._cell = 0
        self._deferred = False
        self._loop: Any = None
        self._task: Any = None
        self.cancelled = False  # the main task of the running cell's loop
        self.delivered = False  # to the running cell, or the last one
        self._handler = self._on_signal  # one object: it is compared by identity
        self._arm()

    def rebind(self, page: Page) -> None:
        """This process has taken over from the one that it was copied from."""
        self._pid = _getpid()
        self._page = page
        self._handled = 0
        self._arm()

    def _arm(self) -> None:
        _set_handler(_SIGINT, self._handler)
        _set_mask(_UNBLOCK, (_SIGINT,))

    # --- a cell ---

    def begin_cell(self, cell: int) -> None:
        """From here on it can be hit, whatever an earlier cell did to the signal. Raises if it is to be already."""
        self.delivered = self._deferred = self.cancelled = False
        if _handler_of(_SIGINT) is not self._handler:
            _set_handler(_SIGINT, self._handler)
        _set_mask(_UNBLOCK, (_SIGINT,))
        self._cell = cell
        if self._page is not None:
            self._page.begin(cell, _clock())
            count, meant = self._page.asked()
            if count != self._handled and meant <= cell:
                self._handled = count
                if meant == cell:
                    self._raise()

    def returned(self) -> None:
        """The cell's code has ended: its clock stops, and what follows is not its own."""
        if self._page is not None:
            self._page.end(self._cell, _clock())

    def end_cell(self) -> None:
        self._cell = 0

    def check(self) -> None:
        """The runner's code that a cell called is left, or its own code begins: raise what came meanwhile."""
        if self._deferred:
            self._raise()

    # --- a loop of the cell ---

    def enter_loop(self, loop: Any, task: Any) -> None:
        self._loop, self._task, self.cancelled = loop, task, False
        if self._deferred:
            self._deferred = False
            loop.call_soon(self._cancel)  # behind its first step, which goes to the cell's first wait

    def leave_loop(self) -> None:
        self._loop = self._task = None

    # --- the signal ---

    def _on_signal(self, signum: int, frame: Optional[FrameType]) -> None:
        if _getpid() != self._pid:
            raise KeyboardInterrupt  # a child that the cell forked: an ordinary program
        if self._page is not None:
            count, meant = self._page.asked()
            if count != self._handled:
                if meant > self._cell:
                    return  # that cell has not begun; it looks when it does
                self._handled = count
                if meant < self._cell:
                    return  # that cell has ended
        if not self._cell:
            return
        place = place_of(frame, self._loop is not None)
        if place is RAISE:
            self._raise()
        elif place is CANCEL:
            self._cancel()
        else:  # the runner's code that the cell called is left first, or the cell's code begins first
            self._deferred = True

    def _raise(self) -> None:
        self._deferred = False
        self.delivered = True
        raise KeyboardInterrupt

    def _cancel(self) -> None:
        loop, task = self._loop, self._task
        if loop is None:
            self._deferred = True  # it is being made
            return
        if loop.is_closed():
            return
        self.delivered = self.cancelled = True
        if task.done():
            loop.call_soon_threadsafe(_cancel_all, loop)  # the cell is being cleaned up: what hangs there is ended
        else:
            task.cancel()  # at once: a step of it that is due already might never give way to what comes behind it
            loop.call_soon_threadsafe(_wake)


def _wake() -> None:
    """The loop may sleep."""


def _cancel_all(loop: Any) -> None:
    for left in _all_tasks(loop):
        left.cancel()


def _all_tasks(loop: Any) -> Any:
    import asyncio  # it is loaded: a loop runs

    return asyncio.all_tasks(loop)
