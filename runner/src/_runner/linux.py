"""The few calls of Linux that Python has no name for, and what /proc says of processes."""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import socket
import struct
import termios
import time
from typing import Iterator

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


def readable_bytes(fd: int) -> int:
    """What a pipe holds now."""
    return struct.unpack("i", fcntl.ioctl(fd, termios.FIONREAD, b"\0\0\0\0"))[0]


def socket_has_more(sock: socket.socket) -> bool:
    """Whether a read would give bytes now."""
    return struct.unpack("i", fcntl.ioctl(sock, termios.FIONREAD, b"\0\0\0\0"))[0] > 0


def children_by_parent() -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat", "rb") as file:
                    # The command's name is in parentheses and may hold any byte, parentheses too.
                    state, parent = file.read().rpartition(b")")[2].split()[:2]
            except OSError:
                continue  # it has ended meanwhile
            if state not in (b"Z", b"X"):
                found.setdefault(int(parent), []).append(int(entry))
    return found


def descendants(root: int) -> Iterator[int]:
    children = children_by_parent()
    todo = list(children.get(root, ()))
    while todo:
        pid = todo.pop()
        yield pid
        todo.extend(children.get(pid, ()))


def kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def sweep(root: int, budget: float) -> list[int]:
    """Kill every descendant of `root`, which adopts orphans, until none is left. Returns those that would not die."""
    deadline = time.monotonic() + budget
    while True:
        left = list(descendants(root))
        for _ in reap():
            pass  # also before the return: who adopts what is left may be an init that does not reap
        if not left or time.monotonic() > deadline:
            return left
        for pid in left:
            kill(pid)


def reap() -> Iterator[tuple[int, int]]:
    """Each child that has ended, with its status. While its turn lasts it is still known for a child."""
    while True:
        try:
            ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return
        if ended is None:
            return
        try:
            yield ended.si_pid, ended.si_status << 8 if ended.si_code == os.CLD_EXITED else ended.si_status
        finally:
            os.waitpid(ended.si_pid, 0)


def is_child(pid: int) -> bool:
    """Whether it is a child, alive or not yet reaped."""
    try:
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except (OSError, OverflowError):
        return False
    return True
