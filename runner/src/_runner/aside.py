"""A copy of this process that is no child of it but a sister: its parent is the supervisor too.

A child would show in the user's own `os.wait()`, which then never says that there is no child left. `os.fork` can make
only children, and a second fork from a process between costs three times the time, a second copy of the page tables and
the end of one. So this makes the system call of glibc's own `fork` with one flag more. What is left out are the
handlers of `pthread_atfork`: they tidy up after other threads, and a process that has other threads is not copied.
"""

from __future__ import annotations

import ctypes
import os
import platform
import signal
from typing import Callable, NamedTuple, Optional

from .pristine import BUILTINS as __builtins__  # noqa: F401

_PR_GET_TID_ADDRESS = 40
_CLONE_PARENT, _CLONE_CHILD_CLEARTID, _CLONE_CHILD_SETTID = 0x8000, 0x00200000, 0x01000000
_FLAGS = _CLONE_PARENT | _CLONE_CHILD_CLEARTID | _CLONE_CHILD_SETTID | int(signal.SIGCHLD)
_PyOS = ctypes.pythonapi  # the lock of the interpreter is held during its calls

_fork, _pipe, _close, _read, _waitpid, _exit = (
    os.fork,
    os.pipe,
    os.close,
    os.read,
    os.waitpid,
    os._exit,
)


class _Call(NamedTuple):
    """`clone` as this machine wants it: its number, and where the address of the thread's number stands."""

    number: int
    address_place: int


_CALLS = {"x86_64": _Call(56, 3), "aarch64": _Call(220, 4)}


def _sister() -> Optional[Callable[[], bool]]:
    """The system call, ready to be made; None where it is not known how."""
    call = _CALLS.get(platform.machine())
    libc = ctypes.PyDLL(None, use_errno=True)
    address = ctypes.c_void_p()
    if call is None or platform.libc_ver()[0] != "glibc":
        return None
    if libc.prctl(_PR_GET_TID_ADDRESS, ctypes.byref(address), 0, 0, 0) or not address.value:
        return None  # a system without checkpoint/restore support
    system = libc.syscall
    system.restype, system.argtypes = ctypes.c_long, [ctypes.c_long] * 6
    arguments = [call.number, _FLAGS, 0, 0, 0, 0]
    arguments[1 + call.address_place] = address.value  # where glibc keeps the number of the only thread
    before, in_parent, in_child = (
        _PyOS.PyOS_BeforeFork,
        _PyOS.PyOS_AfterFork_Parent,
        _PyOS.PyOS_AfterFork_Child,
    )
    for hook in (before, in_parent, in_child):
        hook.restype, hook.argtypes = None, ()

    def fork() -> bool:
        before()
        pid = system(*arguments)
        if pid == 0:
            in_child()
            return True
        number = ctypes.get_errno()
        in_parent()
        if pid < 0:
            raise OSError(number, f"clone: {os.strerror(number)}")
        return False

    return fork


_fork_sister = _sister()


def fork_aside() -> bool:
    """Whether this is the copy. In a process with one thread. Raises OSError, in the original only."""
    return _fork_grandchild() if _fork_sister is None else _fork_sister()


def _fork_grandchild() -> bool:
    """The same by means that every system has. It returns in the copy when the process between has ended: then the
    copy's parent is whoever adopts orphans.
    """
    released, release = _pipe()
    try:
        middle = _fork()
    except OSError:
        _close(released)
        _close(release)
        raise
    if middle == 0:
        _leave_a_child(released, release)
        return True
    _close(released)
    try:
        status = _wait_for(middle)
    finally:
        _close(release)
    if status:
        raise OSError(status >> 8, f"fork: {os.strerror(status >> 8)}")
    return False


def _leave_a_child(released: int, release: int) -> None:
    """In the process between. Returns in its child alone."""
    try:
        child = _fork()
    except OSError as problem:
        _exit(min(problem.errno or 1, 255))
    if child:
        _exit(0)
    _close(release)
    _read(released, 1)  # ends when the original has seen the process between end, or has ended itself
    _close(released)


def _wait_for(middle: int) -> int:
    while True:
        try:
            return _waitpid(middle, 0)[1]
        except ChildProcessError:
            return 0  # a SIGCHLD handler of the user's was faster
