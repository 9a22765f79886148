"""The few calls of Linux that Python has no name for, and what /proc says of processes."""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import socket
import sys
import termios
import time
from typing import Container, Iterable, Iterator, Mapping, NamedTuple, Optional

from . import limits

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_NAME = 15
_PR_GET_NAME = 16
_EXITING = 0x4  # PF_EXITING, of the flags in /proc/PID/stat
_TAG_VARIABLE = "PYVISOR_SESSION"
_COPY = b"pyvisor-copy"
_PR_SET_CHILD_SUBREAPER = 36
AT_ONCE = socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL
_NOTHING = bytes(4)  # an int of C
_name = ctypes.create_string_buffer(16)  # what the system keeps of a command's name
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


def show_memory() -> None:
    """Take that back, in a copy of a process that hides its own."""
    _prctl(_PR_SET_DUMPABLE, 1)


def prefer_for_oom(score: int) -> None:
    """Let this process go before those with a lower score when memory runs out."""
    try:
        fd = os.open("/proc/self/oom_score_adj", os.O_WRONLY | os.O_CLOEXEC)
    except OSError:
        return  # a container may forbid it; then all processes are equal
    try:
        os.write(fd, b"%d" % score)
    except OSError:
        pass  # as above
    finally:
        os.close(fd)


def above(least: int, *descriptors: int) -> list[int]:
    """The same open files under numbers from `least` on, not inherited; the given ones are closed."""
    moved = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, least) for fd in descriptors]
    for fd in descriptors:
        os.close(fd)
    return moved


def guest_socket(fd: int, kind: int) -> Optional[socket.socket]:
    """What a guest has handed over, where it is a local socket of this kind; else None, and it is closed.

    The guest may go on holding it, and whether calls on it wait is a property of both: who uses it says at each call
    that it must not, with `AT_ONCE`.
    """
    try:
        found = socket.socket(fileno=fd)
    except OSError:  # it is no socket
        os.close(fd)
        return None
    if found.family == socket.AF_UNIX and found.type == kind:
        return found
    found.close()
    return None


def readable_bytes(fd: int) -> int:
    """What a pipe or a stream socket holds now."""
    held = fcntl.ioctl(fd, termios.FIONREAD, _NOTHING)
    return 0 if held == _NOTHING else int.from_bytes(held, sys.byteorder)


class Process(NamedTuple):
    parent: int
    session: int
    started: int  # clock ticks after the system's start
    command: bytes


def processes() -> dict[int, Process]:
    """All processes that live, by number."""
    found: dict[int, Process] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            process = _process(int(entry))
            if process is not None:
                found[int(entry)] = process
    return found


def process_sessions() -> set[int]:
    """The numbers of all process sessions that somebody is in. Others are given away again, to whoever comes."""
    return {process.session for process in processes().values()}


def _process(pid: int) -> Optional[Process]:
    """None: it has ended, or ended meanwhile."""
    # The command's name is in parentheses and may hold any byte, parentheses too.
    before, _, after = read_proc(f"/proc/{pid}/stat").rpartition(b")")
    fields = after.split()
    if not fields or fields[0] in (b"Z", b"X"):
        return None
    command = before.partition(b"(")[2]
    return Process(int(fields[1]), int(fields[3]), int(fields[19]), command)


def state(pid: int) -> str:
    """The letter that the system has for what a process does; `?` where there is none."""
    fields = stat_fields(f"{pid}")
    return fields[0].decode("ascii") if fields else "?"


def is_ending(pid: int) -> bool:
    """Whether a process is on its way out, or a zombie: it closes what it has open before its children get another parent."""
    fields = stat_fields(f"{pid}")
    return len(fields) > 6 and bool(int(fields[6]) & _EXITING)


def stat_fields(task: str) -> list[bytes]:
    """The fields of its stat from its state on, for a process `1` or its thread `1/task/2`; none where there is none."""
    # Before them stands a name that may hold anything.
    return read_proc(f"/proc/{task}/stat").rpartition(b")")[2].split()


def read_proc(path: str, size: int = limits.PROC_FILE) -> bytes:
    """The beginning of a file that the system makes up; nothing where there is none for us."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        return os.read(fd, size)
    except OSError:
        return b""
    finally:
        os.close(fd)


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


class Tag(NamedTuple):
    """What shows of an orphan that left its kernel's process session which kernel it came from.

    A program that is executed inherits the environment; a process that is only forked has the
    environment of its ancestor's program, but inherits the command's name. A process that sheds
    both, and its parent, and its process session, is found by nobody before the runner ends.
    """

    session: int

    @property
    def variable(self) -> bytes:
        return b"%b=%d" % (_TAG_VARIABLE.encode("ascii"), self.session)

    @property
    def command(self) -> bytes:
        return b"pyvisor-%d" % self.session  # the system keeps 15 bytes

    def wear(self) -> None:
        """Let this process, a kernel, and all that it starts carry the tag."""
        os.environ[_TAG_VARIABLE] = str(self.session)
        _libc.prctl(_PR_SET_NAME, ctypes.c_char_p(self.command), 0, 0, 0)

    @staticmethod
    def shed() -> None:
        """Let this process, a supervisor, be of no session: a cell of another runner started it."""
        os.environ.pop(_TAG_VARIABLE, None)

    @staticmethod
    def take_off() -> bytes:
        """This process is to be copied, and its copy nobody's from its birth on. Returns the name that it had."""
        _libc.prctl(_PR_GET_NAME, _name, 0, 0, 0)
        _libc.prctl(_PR_SET_NAME, _COPY, 0, 0, 0)
        return _name.value

    @staticmethod
    def put_on(name: bytes) -> None:
        """It has been copied, and goes on under its own name."""
        _libc.prctl(_PR_SET_NAME, name, 0, 0, 0)

    def is_on(self, pid: int, process: Process) -> bool:
        if process.command == self.command:
            return True
        # Read last: a process can make its environment slow to read.
        variables = read_proc(f"/proc/{pid}/environ", limits.ENVIRONMENT)
        return self.variable in variables.split(b"\0")


def family(root: int, kernels: Container[int], tag: Optional[Tag] = None) -> list[int]:
    """Descendants of `root`, who adopts orphans, that a kernel started: those below it, those in
    the process session that it leads, and orphans with the tag, with all that is below them.
    """
    living = processes()
    ours = descendants(root, living)
    found = {pid for kernel in ours if kernel in kernels for pid in descendants(kernel, living)}
    found |= {pid for pid in ours if living[pid].session in kernels and pid not in kernels}
    for pid in ours:
        if tag is None or pid in found or pid in kernels or living[pid].parent != root:
            continue
        if tag.is_on(pid, living[pid]):
            found.update((pid, *descendants(pid, living)))
    return [pid for pid in ours if pid in found]


def without_copies(pids: Iterable[int], root: int) -> list[int]:
    """Those that are not copies of a kernel of `root`, also of copies that were only just born and have not told of it."""
    found = []
    for pid in pids:
        process = _process(pid)
        if process is not None and (process.command != _COPY or process.parent != root):
            found.append(pid)
    return found


_load: Optional[int] = None  # descriptor of a file that tells the last number, open because every cell begins with it


def _last_pid() -> int:
    """The number that was given to a process last; 0 where the system does not tell."""
    global _load
    try:
        if _load is None:
            _load = os.open("/proc/loadavg", os.O_RDONLY | os.O_CLOEXEC)
        last = os.pread(_load, limits.PROC_FILE, 0).rpartition(b" ")[2].strip()
    except OSError:
        return 0
    return int(last) if last.isdigit() else 0


class Mark(NamedTuple):
    """A moment, by which processes that were started before it and after it are told apart.

    Their start is known to a clock tick, in which many can be started; within one, the numbers that
    they were given tell. `last_pid` is the last one given out before.
    """

    ticks: int
    last_pid: int

    @classmethod
    def now(cls) -> "Mark":
        ticks = time.clock_gettime_ns(time.CLOCK_BOOTTIME) * _TICKS // 10**9
        return cls(ticks, _last_pid())

    def is_before(self, pid: int, started: int) -> bool:
        """Whether a process with this number and start was started after the mark."""
        if started != self.ticks:
            return started > self.ticks
        # Numbers begin anew at some number; within one tick far fewer than half of them are given.
        return 0 < (pid - self.last_pid) % _PIDS < _PIDS // 2


_TICKS = os.sysconf("SC_CLK_TCK")
_PIDS = int(read_proc("/proc/sys/kernel/pid_max") or 2**22)


def started_after(
    pids: Iterable[int], mark: Mark, living: Optional[Mapping[int, Process]] = None
) -> list[int]:
    """Those of the processes that live and were started after the mark."""
    found = []
    for pid in pids:
        process = _process(pid) if living is None else living.get(pid)
        if process is not None and mark.is_before(pid, process.started):
            found.append(pid)
    return found


def catches(pid: int, number: int) -> bool:
    """Whether a process has a handler for a signal."""
    return _has(pid, b"SigCgt:", number)


def is_pending(pid: int, number: int) -> bool:
    """Whether a signal that was sent to a process has not come to any of its threads yet, or to its main thread."""
    return _has(pid, b"ShdPnd:", number) or _has(pid, b"SigPnd:", number)


def _has(pid: int, signals: bytes, number: int) -> bool:
    for line in read_proc(f"/proc/{pid}/status", limits.PROC_FILE).splitlines():
        if line.startswith(signals):
            return bool(int(line.split()[1], 16) >> (number - 1) & 1)
    return False


def send(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass
    except PermissionError:
        pass  # somebody else's by now: what a cell started through sudo is not ours to end


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
