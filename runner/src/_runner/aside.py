"""A copy of this process that is no child of it but a sister: its parent is the supervisor too.

A child would show in the user's own `os.wait()`, which then never says that there is no child left. `os.fork` can make
only children, and a second fork from a process between costs three times the time, a second copy of the page tables and
the end of one. So this makes the system call of glibc's own `fork` with one flag more. What is left out are the
handlers of `pthread_atfork`: they tidy up after other threads, and a process that has other threads is not copied.

A copy sleeps first, and most never wake. What the interpreter does after a fork, the handlers of `os.register_at_fork`
with it, touches more memory than all else that a copy does: so it is done when the copy wakes. Until then it is as the
original was after the interpreter had made ready for the fork, which it may be in for as long as it has one thread.
"""

from __future__ import annotations

import _signal
import ctypes
import os
import signal
import warnings
from typing import Callable, NamedTuple, NoReturn, Optional, TypeVar

from .pristine import BUILTINS as __builtins__  # noqa: F401

_PR_GET_TID_ADDRESS = 40
_CLONE_PARENT, _CLONE_CHILD_CLEARTID, _CLONE_CHILD_SETTID = 0x8000, 0x00200000, 0x01000000
_FLAGS = _CLONE_PARENT | _CLONE_CHILD_CLEARTID | _CLONE_CHILD_SETTID | int(signal.SIGCHLD)
_EXIT_DEFECT = 71
_SIGCHLD = int(signal.SIGCHLD)
_set_mask, _BLOCK, _SETMASK = _signal.pthread_sigmask, _signal.SIG_BLOCK, _signal.SIG_SETMASK
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


T = TypeVar("T")
Fork = Callable[[], bool]  # whether this is the copy; raises OSError, in the original only
Asleep = Callable[[Fork], T]

_CALLS = {"x86_64": _Call(56, 3), "aarch64": _Call(220, 4)}


class _Sister(NamedTuple):
    """The system call, and what the interpreter does around it."""

    clone: Callable[[], int]  # 0 in the copy, its number in the original
    before: Callable[[], None]
    in_original: Callable[[], None]
    in_copy: Callable[[], None]

    def fork(self) -> bool:
        return self.clone() == 0


def _sister() -> Optional[_Sister]:
    """None where it is not known how the call is made."""
    call = _CALLS.get(os.uname().machine)
    libc = ctypes.PyDLL(None, use_errno=True)
    address = ctypes.c_void_p()
    if call is None or not _has_glibc():
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

    def clone() -> int:
        pid: int = system(*arguments)
        if pid < 0:
            number = ctypes.get_errno()
            raise OSError(number, f"clone: {os.strerror(number)}")
        return pid

    return _Sister(clone, before, in_parent, in_child)


def _has_glibc() -> bool:
    try:
        return (os.confstr("CS_GNU_LIBC_VERSION") or "").startswith("glibc")
    except (ValueError, OSError):
        return False  # a name that other libraries do not know


_SISTER = _sister()
CAN_START_SISTERS = _SISTER is not None
HANDLERS_RUN_EARLY = _SISTER is None  # before the copy sleeps, as with any fork


def fork_aside(asleep: Asleep[T]) -> Optional[T]:
    """None in the original. In the copy: what `asleep` returns, which is called at once and is given the means to copy
    the copy. In a process with one thread. Raises OSError, in the original only.
    """
    if _SISTER is None:
        return _asleep(asleep, _fork_grandchild) if _fork_grandchild() else None
    _SISTER.before()
    try:
        is_copy = _SISTER.fork()
    except OSError:
        _SISTER.in_original()
        raise
    if not is_copy:
        _SISTER.in_original()
        return None
    found = _asleep(asleep, _SISTER.fork)
    _SISTER.in_copy()
    return found


def start_sister(run: Callable[[], NoReturn]) -> int:
    """The number of a new process that does this, whose parent is this one's parent. In a process with one thread, where
    `CAN_START_SISTERS`. Raises OSError.
    """
    assert _SISTER is not None
    _SISTER.before()
    try:
        pid = _SISTER.clone()
    except OSError:
        _SISTER.in_original()
        raise
    if pid == 0:
        _SISTER.in_copy()
        run()
    _SISTER.in_original()
    return pid


def _asleep(asleep: Asleep[T], fork: Fork) -> T:
    try:
        return asleep(fork)
    except BaseException:  # noqa: B902 - it must never go on as the process that it was copied from
        _exit(_EXIT_DEFECT)


def _fork_grandchild() -> bool:
    """The same by means that every system has. It returns in the copy when the process between has ended: then the
    copy's parent is whoever adopts orphans.
    """
    # The end of the process between must not call a handler of the user's, who would wait for it.
    mask = _set_mask(_BLOCK, (_SIGCHLD,))
    try:
        return _fork_through_a_process_between()
    finally:
        _set_mask(_SETMASK, mask)


def _fork_through_a_process_between() -> bool:
    released, release = _pipe()
    try:
        middle = _fork_quietly()
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


def _fork_quietly() -> int:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # whoever copies has looked for threads
        return _fork()


def _leave_a_child(released: int, release: int) -> None:
    """In the process between. Returns in its child alone."""
    try:
        child = _fork_quietly()
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
