"""What a process is doing: its Python stacks, written when the supervisor or the host asks by a signal.

There are two. An ASK is answered by Python, between two instructions, which ends nobody: all threads. An INSIST is
answered by C code at once, although a call of C code holds the GIL or waits: the main thread. That code walks frames
which a working interpreter is just changing. Asked so every half millisecond while they worked, cells with threads
ended with SIGSEGV in every one of 60 runs of three seconds, after 10 to 72 requests on average (3.9, 3.10, 3.11, 3.12,
3.13), cells with one thread after 70 to 13000 (3.11, 3.12, 3.13); so who answers to an ASK in time is not made to. To
calls of C code that do not try again an ASK is an EINTR, as any signal of Python's is.
"""

from __future__ import annotations

import _signal
import faulthandler
import fcntl
import functools
import os
import signal
from typing import Any, Iterable, Optional

from . import limits

INSIST = signal.SIGRTMIN + 6
ASK = signal.SIGRTMIN + 7
_REQUESTS = (INSIST, ASK)
_NO_FILE = -1
_file = _NO_FILE  # of this process
_known = (0, 0)  # what the descriptor must lead to: code of a cell may have closed it, and have its own there
_dump, _set_handler = faulthandler.dump_traceback, signal.signal
# Without the Python around it: in a copy, each page that is touched costs one of its own.
_mask, _BLOCK, _UNBLOCK = _signal.pthread_sigmask, _signal.SIG_BLOCK, _signal.SIG_UNBLOCK
_close, _open, _dup2, _fstat = os.close, os.open, os.dup2, os.fstat
_NULL, _WRITE = os.devnull, os.O_WRONLY | os.O_CLOEXEC


def path(name: str) -> Optional[str]:
    """Where a process of this name writes its stacks; None where there is no place for it."""
    directory = os.environ.get(limits.DIRECTORY_VARIABLE)
    return os.path.join(directory, f"stacks-{name}.txt") if directory else None


def arm(name: str) -> int:
    """Let a request append stacks to stacks-<name>.txt of the runner's private directory.

    One file a name, begun anew: the kernels that follow each other in a session share one. Returns its descriptor, or -1.
    """
    global _file
    # A request that comes while there is no handler would end the process; it waits.
    _mask(_BLOCK, _REQUESTS)
    try:
        faulthandler.unregister(INSIST)  # who was copied from another has that one's
        if _is_ours():
            _close(_file)
        _file = _NO_FILE
        _file = _register(name)
        return _file
    finally:
        # Not as it was before: in a copy they were blocked.
        _mask(_UNBLOCK, _REQUESTS)


def disarm() -> None:
    """In a copy that sleeps: the file is its kernel's, and so is every answer in it. Until it is armed again, requests
    wait; should user code let one through, it is answered to nobody.
    """
    global _known
    _mask(_BLOCK, _REQUESTS)
    if _is_ours():
        # The number stays taken: the C handler knows nothing but the number.
        null = _open(_NULL, _WRITE)
        _dup2(null, _file, False)
        _close(null)
        _known = _identity(_file)


def _identity(file: int) -> tuple[int, int]:
    found = _fstat(file)
    return found.st_dev, found.st_ino


def _is_ours() -> bool:
    try:
        return _file >= 0 and _identity(_file) == _known
    except OSError:
        return False


def _register(name: str) -> int:
    global _known
    file_name = path(name)
    if file_name is None:
        return _NO_FILE
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
    low = os.open(file_name, flags, 0o600)
    try:
        # Careless code closes or reuses low numbers.
        file = fcntl.fcntl(low, fcntl.F_DUPFD_CLOEXEC, limits.PRIVATE_FD_MIN)
    finally:
        os.close(low)
    _known = _identity(file)
    # The other threads may be at work, with frames that cannot be walked.
    faulthandler.register(INSIST, file=file, all_threads=False, chain=False)
    _set_handler(ASK, _answer)
    return file


def _answer(_number: int, _frame: Any) -> None:
    if _file >= 0:
        _dump(_file, True)


ANSWER_CODE = _answer.__code__


def keep_open() -> None:
    """Let requests come through whatever a cell blocks: who blocks all signals means those that it knows."""
    block = signal.pthread_sigmask

    @functools.wraps(block)
    def pthread_sigmask(how: int, mask: Iterable[int]) -> Any:
        if how == signal.SIG_UNBLOCK:
            return block(how, mask)
        return block(how, [number for number in mask if number not in _REQUESTS])

    signal.pthread_sigmask = pthread_sigmask
