"""When a kernel has used up the processor time that a cell may use. The system says so, nobody looks again and again.

A timer on the clock of another process is the supervisor's own: what the kernel does to its signals and limits does not
change it, as it would a limit that the kernel has of itself.
"""

from __future__ import annotations

import ctypes
import os
import signal
import time
from typing import Callable, Optional

from . import linux
from .loop import Loop

_ABSOLUTE = 1  # TIMER_ABSTIME
_SCHEDULED = 2  # CPUCLOCK_SCHED: what its threads have run, whatever for
_SIGEVENT = 64  # bytes of the structure
_SECOND = 1_000_000_000
_ENDED = ("Z", "X", "?")


class _Event(ctypes.Structure):
    _fields_ = [("value", ctypes.c_void_p), ("signal", ctypes.c_int), ("notify", ctypes.c_int)]
    _fields_ += [("rest", ctypes.c_char * (_SIGEVENT - ctypes.sizeof(ctypes.c_void_p) - 8))]


class _Times(ctypes.Structure):
    _fields_ = [(name, ctypes.c_long) for name in ("every", "every_nanos", "seconds", "nanos")]


def _library() -> ctypes.CDLL:
    found = ctypes.CDLL(None, use_errno=True)
    # Before version 2.34 glibc has timers in a library of their own.
    return found if hasattr(found, "timer_create") else ctypes.CDLL("librt.so.1", use_errno=True)


def _clock(pid: int) -> int:
    return (~pid << 3) | _SCHEDULED


def obstacle() -> Optional[str]:
    """Why there can be no such timer here."""
    try:
        _delete(_create(os.getpid()))
    except OSError as problem:
        return str(problem)
    return None


def _create(pid: int) -> ctypes.c_void_p:
    timer = ctypes.c_void_p()
    event = _Event(signal=signal.SIGXCPU, notify=0)
    if _library().timer_create(_clock(pid), ctypes.byref(event), ctypes.byref(timer)):
        number = ctypes.get_errno()
        raise OSError(number, f"timer_create: {os.strerror(number)}")
    return timer


def _set(timer: ctypes.c_void_p, due: int) -> None:
    times = _Times(0, 0, *divmod(due, _SECOND))
    if _library().timer_settime(timer, _ABSOLUTE, ctypes.byref(times), None):
        number = ctypes.get_errno()
        raise OSError(number, f"timer_settime: {os.strerror(number)}")


def _delete(timer: ctypes.c_void_p) -> None:
    _library().timer_delete(timer)


class CpuTimer:
    """One session's. Confined to the supervisor's loop."""

    def __init__(self, loop: Loop, millis: int, on_used: Callable[[], None]) -> None:
        self.millis = millis
        self._loop, self._on_used = loop, on_used
        self._pid = 0
        self._timer: Optional[ctypes.c_void_p] = None
        self._due: Optional[int] = None
        signal.signal(signal.SIGXCPU, lambda number, frame: loop.alarmed())
        loop.on_alarm.append(self._look)

    def begin(self, pid: int) -> None:
        """A cell begins in that kernel. One that has ended meanwhile uses nothing.

        Raises OSError where the system refuses the timer: then no code may run without it.
        """
        try:
            if pid != self._pid or self._timer is None:
                self._forget()
                self._timer, self._pid = _create(pid), pid
            self._due = time.clock_gettime_ns(_clock(pid)) + self.millis * 1_000_000
            _set(self._timer, self._due)
        except OSError:
            self._due = None
            if linux.state(pid) not in _ENDED:
                raise

    def end(self) -> None:
        """The cell has ended. The timer may still ring, to nobody."""
        self._due = None

    def close(self) -> None:
        self.end()
        self._forget()
        if self._look in self._loop.on_alarm:
            self._loop.on_alarm.remove(self._look)

    def _forget(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None:
            _delete(timer)

    def _look(self) -> None:
        """A timer has rung, perhaps another session's, or an earlier cell's."""
        if self._due is None or self._timer is None:
            return
        try:
            used = time.clock_gettime_ns(_clock(self._pid))
            if used < self._due:
                _set(self._timer, self._due)
                return
        except OSError:
            return  # it has ended
        self._due = None
        self._on_used()
