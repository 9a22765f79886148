"""Standard output and standard error of a kernel: streams over the capture pipes on descriptors 1
and 2.

Every write reaches the pipe at once and whole, so that it survives a kill. The pipes are also kept
under private numbers: a cell that closes or replaces descriptor 1 is heard all the same, and gets
it back at its end.
"""

from __future__ import annotations

import fcntl
import io
import os
import select
import sys
from typing import Any, Callable, Optional

from . import limits
from .frames import Bytes
from .pristine import BUILTINS as __builtins__  # noqa: F401

try:
    import ctypes

    _flush_c: Optional[Callable[[Any], int]] = ctypes.CDLL(None).fflush
except (ImportError, OSError, AttributeError):
    _flush_c = None  # no C streams can be flushed then; a C program's own exit still does

_os_write, _fstat, _dup2, _fcntl, _close = os.write, os.fstat, os.dup2, fcntl.fcntl, os.close
_poll, _POLLOUT = select.poll, select.POLLOUT
_GETFL, _SETFL, _DUP = fcntl.F_GETFL, fcntl.F_SETFL, fcntl.F_DUPFD_CLOEXEC
_NONBLOCK = os.O_NONBLOCK
_sys = sys


def write_all(fd: int, data: bytes) -> None:
    """Write it all, also where somebody made the pipe non-blocking."""
    rest: Bytes = data
    while rest:
        try:
            done = _os_write(fd, rest)
            if done == len(rest):
                return
            rest = memoryview(rest)[done:]
        except BlockingIOError:
            waiting = _poll()
            waiting.register(fd, _POLLOUT)
            waiting.poll()


_NAMES = {1: "<stdout>", 2: "<stderr>"}
_STREAM_NAMES = ("stdout", "stderr")


class CapturePipe(io.BufferedIOBase):
    """The bytes side of a stream: `sys.stdout.buffer`. Thread-safe: a write is one system call, or
    whole in order.
    """

    mode = "wb"

    def __init__(self, fd: int) -> None:
        self.name = _NAMES[fd]
        self._fd = fd
        self._kept = _fcntl(fd, _DUP, limits.PRIVATE_FD_MIN)
        self._identity = _identity(fd)

    def write(self, data: Any) -> int:
        flat = data if type(data) is bytes else memoryview(data).tobytes()
        try:
            write_all(self._fd, flat)
        except OSError as problem:
            if problem.errno != 9:  # EBADF: the cell closed the descriptor
                raise
            write_all(self._kept, flat)
        return len(flat)

    def fileno(self) -> int:
        return self._fd

    def writable(self) -> bool:
        return True

    def close(self) -> None:
        """Stays open: a wrapper that the user drops would close it for everybody."""

    def make_blocking(self) -> None:
        """A descendant that shares the pipe may have made it non-blocking for all."""
        flags = _fcntl(self._kept, _GETFL)
        if flags & _NONBLOCK:
            _fcntl(self._kept, _SETFL, flags & ~_NONBLOCK)

    @property
    def kept(self) -> int:
        return self._kept

    def adopt(self, fd: int) -> None:
        """In a copy that has woken: this is the pipe."""
        _dup2(fd, self._fd)
        self._kept = _fcntl(fd, _DUP, limits.PRIVATE_FD_MIN)
        self._identity = _identity(fd)

    def restore(self) -> bool:
        """Whether the descriptor had been closed or replaced; it is the capture pipe again."""
        if _identity(self._fd) == self._identity:
            return False
        _dup2(self._kept, self._fd)
        return True


def _identity(fd: int) -> Optional[tuple[int, int]]:
    try:
        found = _fstat(fd)
    except OSError:
        return None
    return found.st_dev, found.st_ino


class Capture:
    """The two output streams of the kernel. Confined to its main thread."""

    def __init__(self) -> None:
        self._pipes = (CapturePipe(1), CapturePipe(2))
        self._streams = [_text(pipe) for pipe in self._pipes]
        _sys.stdout, _sys.stderr = self._streams
        _sys.__stdout__, _sys.__stderr__ = self._streams

    def descriptors(self) -> list[int]:
        """What is not the user's."""
        return [0, 1, 2, *self.private()]

    def private(self) -> list[int]:
        """The numbers under which the pipes are kept."""
        return [pipe.kept for pipe in self._pipes]

    def adopt(self, out: int, err: int) -> None:
        for pipe, fd in zip(self._pipes, (out, err)):
            pipe.adopt(fd)

    def begin_cell(self) -> None:
        """What an earlier cell did to the streams must not silence this one; its own replacements
        stay.
        """
        for pipe in self._pipes:
            pipe.make_blocking()
        for number, name in enumerate(_STREAM_NAMES):
            own = self._streams[number]
            if _is_unusable(own):  # detached from its pipe
                own = self._streams[number] = _text(self._pipes[number])
                setattr(_sys, f"__{name}__", own)
            stream = getattr(_sys, name, None)
            if stream is not own and _is_unusable(stream):
                setattr(_sys, name, own)

    def end_cell(self) -> None:
        """Bring everything that the cell wrote into the pipes, and the pipes back to where they
        belong.
        """
        self._flush_own()
        restored = [pipe.fileno() for pipe in self._pipes if pipe.restore()]
        for fd in restored:
            name = "standard output" if fd == 1 else "standard error"
            warning = f"pyvisor: the cell closed or replaced file descriptor {fd}; it is the {name} again\n"
            write_all(2, warning.encode())

    def flush(self) -> None:
        self.flush_replaced()
        self._flush_own()

    def flush_replaced(self) -> None:
        """What the cell put in the place of the streams: code of the user's, which may never end."""
        out, err = self._streams
        for name in _STREAM_NAMES:
            stream = getattr(_sys, name, None)
            if stream is not out and stream is not err:
                _flush(stream)

    def _flush_own(self) -> None:
        for stream in self._streams:
            _flush(stream)
        if _flush_c is not None:
            _flush_c(None)


def _text(pipe: CapturePipe) -> io.TextIOWrapper:
    return io.TextIOWrapper(
        pipe, encoding="utf-8", errors="backslashreplace", newline="", write_through=True
    )


def _flush(stream: Any) -> None:
    try:
        stream.flush()
    except BaseException:  # noqa: B902 - the user's own stream may raise anything
        pass


def _is_unusable(stream: Any) -> bool:
    try:
        return stream is None or bool(getattr(stream, "closed", False))
    except BaseException:  # noqa: B902 - the user's own stream may raise anything
        return True
