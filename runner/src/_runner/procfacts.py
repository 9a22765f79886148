"""What the system says of a process, read from /proc: does not block, and never fails."""

from __future__ import annotations

import os
from typing import Optional

from . import limits
from .linux import read_proc, stat_fields
from .verdicts import Facts, printable

# The calls in which a process usually waits; with a descriptor as its first argument where True.
_CALLS = {
    "x86_64": {
        0: ("read", True), 1: ("write", True), 7: ("poll", False), 16: ("ioctl", True), 19: ("readv", True),
        20: ("writev", True), 23: ("select", False), 34: ("pause", False), 35: ("nanosleep", False),
        42: ("connect", True), 43: ("accept", True), 44: ("sendto", True), 45: ("recvfrom", True),
        46: ("sendmsg", True), 47: ("recvmsg", True), 61: ("wait4", False), 72: ("fcntl", True),
        73: ("flock", True), 74: ("fsync", True), 128: ("rt_sigtimedwait", False), 130: ("rt_sigsuspend", False),
        202: ("futex", False), 230: ("clock_nanosleep", False), 232: ("epoll_wait", True), 247: ("waitid", False),
        257: ("openat", False), 270: ("pselect6", False), 271: ("ppoll", False), 281: ("epoll_pwait", True),
        288: ("accept4", True),
    },
    "aarch64": {
        22: ("epoll_pwait", True), 25: ("fcntl", True), 29: ("ioctl", True), 32: ("flock", True),
        56: ("openat", False), 63: ("read", True), 64: ("write", True), 65: ("readv", True), 66: ("writev", True),
        72: ("pselect6", False), 73: ("ppoll", False), 82: ("fsync", True), 95: ("waitid", False),
        98: ("futex", False), 101: ("nanosleep", False), 115: ("clock_nanosleep", False),
        133: ("rt_sigsuspend", False), 137: ("rt_sigtimedwait", False), 202: ("accept", True),
        203: ("connect", True), 206: ("sendto", True), 207: ("recvfrom", True), 211: ("sendmsg", True),
        212: ("recvmsg", True), 242: ("accept4", True), 260: ("wait4", False),
    },
}.get(os.uname().machine, {})  # fmt: skip

_NANOS_OF_A_TICK = 10**9 // os.sysconf("SC_CLK_TCK")


def cpu_ticks(pid: int) -> int:
    """The processor time that its threads have used until now; 0 where it has ended."""
    return read(pid).cpu_ticks[1]


def read(pid: int, ticks_before: Optional[int] = None) -> Facts:
    """The facts as they are now, beside the processor time at a moment before."""
    fields = stat_fields(f"{pid}")
    if len(fields) < 18:
        return Facts("", 0, "", "", (ticks_before or 0, ticks_before or 0))
    ticks = _ticks(fields)
    return Facts(
        fields[0].decode("ascii", "replace"),
        int(fields[17]),
        wchan_of(read_proc(f"/proc/{pid}/wchan")),
        syscall_of(read_proc(f"/proc/{pid}/syscall")),
        (ticks if ticks_before is None else ticks_before, ticks),
    )


def main_thread(pid: int) -> tuple[str, int]:
    """The letter for what its main thread does, and the nanoseconds for which this one has worked; "" where it has
    ended. Where the system counts no nanoseconds they are those of its ticks.
    """
    fields = stat_fields(f"{pid}/task/{pid}")
    if len(fields) < 18:
        return "", 0
    worked = read_proc(f"/proc/{pid}/task/{pid}/schedstat").split()  # the last: how often it got its turn
    counted = len(worked) == 3 and worked[2] != b"0"
    nanos = int(worked[0]) if counted else _ticks(fields) * _NANOS_OF_A_TICK
    return fields[0].decode("ascii", "replace"), nanos


def waits_in_c(pid: int) -> bool:
    """Whether its main thread sleeps, and not until Python gives it the lock of the interpreter: then a thread that has
    the lock runs. Who waits in a call of another kind than for a lock is not looked at so.
    """
    before = main_thread(pid)
    if before[0] != "S":
        return False
    call = syscall_of(read_proc(f"/proc/{pid}/syscall")) if _CALLS else ""
    if call not in ("", "futex"):
        return True
    # The lock may have been handed over during the look at the others.
    return not _others_work(pid) and main_thread(pid) == before


def _others_work(pid: int) -> bool:
    """Whether a thread beside its main thread runs or could. Of so many threads that a look would take long, one does."""
    try:
        tasks = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return False
    if len(tasks) > limits.THREADS_LOOKED_AT:
        return True
    return any(stat_fields(f"{pid}/task/{task}")[:1] == [b"R"] for task in tasks if task != str(pid))


def _ticks(fields: list[bytes]) -> int:
    return int(fields[11]) + int(fields[12])


def wchan_of(said: bytes) -> str:
    text = printable(said.decode("ascii", "replace").strip(), limits.WCHAN)
    return "" if text == "0" else text


def syscall_of(said: bytes) -> str:
    """`write(1)`: the call's name, or its number, and the descriptor; nothing where it is in no call."""
    words = said.split()
    if not words or not words[0].isdigit():
        return ""  # `running`, or -1: in the system for another reason
    number = int(words[0])
    name, has_descriptor = _CALLS.get(number, (str(number), False))
    return f"{name}({int(words[1], 16)})" if has_descriptor and len(words) > 1 else name
