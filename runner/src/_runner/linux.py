"""The few calls of Linux that Python has no name for, and what /proc says of processes."""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import sys
import termios
import time
from typing import Container, Iterator, Mapping, NamedTuple, Optional

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_CHILD_SUBREAPER = 36
_libc = ctypes.CDLL(None, use_errno=True)


def _prctl(option: int, value: int) -> None:
    if _libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0):
        number = ctypes.get_errno()
        raise OSError(number, f"prctl({option}, {value}): {os.strerror(number)}")


def die_with_parent(parent: int) -> None:
    """Let this process be killed when its parent ends; it may have ended before the call."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def adopt_orphans() -> None:
    """Become the parent of every descendant whose parent ends."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def hide_memory() -> None:
    """Let no process of this user read this one's memory or descriptors."""
    _prctl(_PR_SET_DUMPABLE, 0)


def prefer_for_oom(score: int) -> None:
    """Let this process go before those with a lower score when memory runs out."""
    try:
        with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
            file.write(str(score))
    except OSError:
        pass  # a container may forbid it; then all processes are equal


def above(least: int, *descriptors: int) -> list[int]:
    """The same open files under numbers from `least` on, not inherited; the given ones are closed."""
    moved = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, least) for fd in descriptors]
    for fd in descriptors:
        os.close(fd)
    return moved


def readable_bytes(fd: int) -> int:
    """What a pipe or a stream socket holds now."""
    return int.from_bytes(fcntl.ioctl(fd, termios.FIONREAD, b"\0\0\0\0"), sys.byteorder)


class Process(NamedTuple):
    parent: int
    session: int


def processes() -> dict[int, Process]:
    """All processes that live, by number."""
    found: dict[int, Process] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat", "rb") as file:
                    # The command's name is in parentheses and may hold any byte, parentheses too.
                    state, parent, _, session = file.read().rpartition(b")")[2].split()[:4]
            except OSError:
                continue  # it has ended meanwhile
            if state not in (b"Z", b"X"):
                found[int(entry)] = Process(int(parent), int(session))
    return found


def descendants(root: int, living: Optional[Mapping[int, Process]] = None) -> list[int]:
    children: dict[int, list[int]] = {}
    for pid, process in (processes() if living is None else living).items():
        children.setdefault(process.parent, []).append(pid)
    found, todo = [], [root]
    while todo:
        below = children.get(todo.pop(), [])
        found += below
        todo += below
    return found


def family(root: int, kernels: Container[int]) -> list[int]:
    """Descendants of `root` that a kernel started: those below it, and those in the session that it leads."""
    living = processes()
    ours = descendants(root, living)
    below = {pid for kernel in ours if kernel in kernels for pid in descendants(kernel, living)}
    return [pid for pid in ours if pid in below or (living[pid].session in kernels and pid not in kernels)]


def send(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def kill(pid: int) -> None:
    send(pid, signal.SIGKILL)


def sweep(root: int, budget: float) -> list[int]:
    """Kill every descendant of `root`, which adopts orphans, until none is left. Returns those that would not die."""
    deadline = time.monotonic() + budget
    ended = {signal.SIGCHLD}
    # Blocked, a signal that comes between the scan and the wait is not lost but ends the wait.
    signal.pthread_sigmask(signal.SIG_BLOCK, ended)
    while True:
        left = descendants(root)
        for pid in left:
            kill(pid)
        for _ in reap():
            pass
        patience = deadline - time.monotonic()
        if not left or patience <= 0:
            return left
        signal.sigtimedwait(ended, patience)


class Ended(NamedTuple):
    pid: int
    status: int
    peak_memory: int


def reap() -> Iterator[Ended]:
    """Each child that has ended."""
    while True:
        try:
            pid, status, usage = os.wait4(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        yield Ended(pid, status, usage.ru_maxrss * 1024)
