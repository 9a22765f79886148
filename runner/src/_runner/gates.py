"""May this process be copied by fork? A copy holds what the process holds: the other ends of pipes,
locks that a vanished thread has taken, and its memory once more.
"""

from __future__ import annotations

import fcntl
import os
import resource
import stat
from typing import Container, Iterator, NamedTuple, Optional

from . import limits
from .pristine import BUILTINS as __builtins__  # noqa: F401

_fstat, _stat, _listdir, _readlink, _lseek = os.fstat, os.stat, os.listdir, os.readlink, os.lseek
_os_open, _os_read, _os_close = os.open, os.read, os.close
_getrlimit, _RLIMIT_AS, _INFINITY = resource.getrlimit, resource.RLIMIT_AS, resource.RLIM_INFINITY
_is_fifo, _is_socket, _is_regular = stat.S_ISFIFO, stat.S_ISSOCK, stat.S_ISREG
_O_RDONLY = os.O_RDONLY | os.O_CLOEXEC
_dup2, _fcntl, _GETFL, _GETFD = os.dup2, fcntl.fcntl, fcntl.F_GETFL, fcntl.F_GETFD
_FD_CLOEXEC, _CLOEXEC = fcntl.FD_CLOEXEC, os.O_CLOEXEC
# Of the flags that a file was opened with: what would be done a second time, or is no flag of opening by name.
_NOT_AGAIN = os.O_CREAT | os.O_EXCL | os.O_TRUNC | os.O_NOFOLLOW | os.O_TMPFILE
_SEEK_SET, _SEEK_CUR = os.SEEK_SET, os.SEEK_CUR
_PAGE = os.sysconf("SC_PAGE_SIZE")

_LINKS_OF_ONE_THREAD = 3  # of /proc/self/task: itself, its parent, and one for each thread
_ANONYMOUS = "anon_inode:"
# Their state is in the device: a copy of the process cannot use it, or takes it from the original.
_DEVICES = {
    "/dev/nvidia": "a GPU",
    "/dev/kfd": "a GPU",
    "/dev/dri/": "a GPU",
    "/dev/ptmx": "a terminal",
    "/dev/pts/": "a terminal",
}


def why_not(
    known_fds: Container[int],
    policy: str,
    last_fork_nanos: int,
    memory_limit: Optional[int] = None,
) -> Optional[str]:
    """The reason why this process must not be copied now; None: it may be.

    `known_fds` are the runner's own descriptors. `memory_limit`: bytes of memory that there are for
    this process, by default what the system says. Takes a few dozen microseconds.
    """
    if policy == "never":
        return "policy: the session was opened with checkpoint=never"
    if policy == "auto" and last_fork_nanos > limits.FORK_NANOS:
        return f"cost: the last copy took {last_fork_nanos // 1_000_000} ms"
    return _threads() or _descriptors(known_fds) or _memory(memory_limit)


# --- threads ---


def _threads() -> Optional[str]:
    # Its number of links tells in a third of the time that a listing takes.
    if _stat("/proc/self/task").st_nlink == _LINKS_OF_ONE_THREAD:
        return None
    others = len(_listdir("/proc/self/task")) - 1
    if not others:
        return None
    return f"threads: {others} other thread{'s run' if others > 1 else ' runs'}"


# --- descriptors ---


def _unknown_fds(known_fds: Container[int]) -> Iterator[tuple[int, os.stat_result]]:
    for name in _listdir("/proc/self/fd"):
        fd = int(name)
        if fd not in known_fds:
            try:
                yield fd, _fstat(fd)
            except OSError:
                pass  # the listing's own descriptor


def open_fds() -> set[int]:
    """The descriptors that are open now: what the runner itself has, before user code runs."""
    return {fd for fd, _ in _unknown_fds(())}


def _descriptors(known_fds: Container[int]) -> Optional[str]:
    for fd, found in _unknown_fds(known_fds):
        what = _shared_end(fd, found.st_mode)
        if what is not None:
            return f"descriptors: {what} is open (fd {fd})"
    return None


def _shared_end(fd: int, mode: int) -> Optional[str]:
    """What a copy would go on holding, although the original has let go of it."""
    if _is_fifo(mode):
        return "a pipe"
    if _is_socket(mode):
        return "a socket"
    try:
        target = _readlink(f"/proc/self/fd/{fd}")
    except OSError:
        return None  # closed meanwhile
    if target.startswith(_ANONYMOUS):
        kind = target[len(_ANONYMOUS) :].strip("[]").replace("eventpoll", "epoll")
        return f"an {kind}" if kind[:1] in "aeiou" else f"a {kind}"
    for path, what in _DEVICES.items():
        if target.startswith(path):
            return what
    return "a locked file" if _is_regular(mode) and _is_locked(fd) else None


def _is_locked(fd: int) -> bool:
    """Whether the open file has a lock, which lasts until its last descriptor is closed."""
    return b"\nlock:" in _read(f"/proc/self/fdinfo/{fd}")


def _read(path: str) -> bytes:
    """The beginning of a small file; nothing where there is none."""
    try:
        fd = _os_open(path, _O_RDONLY)
    except OSError:
        return b""
    try:
        return _os_read(fd, limits.PROC_FILE)
    except OSError:
        return b""
    finally:
        _os_close(fd)


# --- memory ---


def _memory(limit: Optional[int]) -> Optional[str]:
    resident = int(_read("/proc/self/statm").split()[1]) * _PAGE
    most = min(memory_limit() if limit is None else limit, 4 * limits.FORK_MEMORY) // 4
    if resident <= most:
        return None
    return f"memory: {_amount(resident)} of at most {_amount(most)}"


def _amount(size: int) -> str:
    unit, name = (limits.GIB, "GiB") if size >= limits.GIB else (limits.MIB, "MiB")
    return f"{size / unit:.1f} {name}"


_limit: Optional[int] = None


def memory_limit() -> int:
    """The bytes of memory that this process can have at most, as it was at the first call."""
    global _limit
    if _limit is None:
        _limit = min(_memory_limits())
    return _limit


def know_limit(of_runner: Optional[int]) -> None:
    """What the host allows, which may show nowhere in a sandbox."""
    global _limit
    if of_runner is not None:
        _limit = min(of_runner, *_memory_limits())


def _memory_limits() -> Iterator[int]:
    for line in _read("/proc/meminfo").splitlines():
        if line.startswith(b"MemTotal:"):
            yield int(line.split()[1]) * limits.KIB
    address_space = _getrlimit(_RLIMIT_AS)[0]
    yield limits.NO_LIMIT if address_space == _INFINITY else address_space
    for line in _read("/proc/self/cgroup").decode("utf-8", "surrogateescape").splitlines():
        hierarchy, controllers, path = line.split(":", 2)
        if hierarchy == "0":
            for root in ("/sys/fs/cgroup", "/sys/fs/cgroup/unified"):
                yield from _group_limits(root, path, "memory.max")
        elif "memory" in controllers.split(","):
            yield from _group_limits("/sys/fs/cgroup/memory", path, "memory.limit_in_bytes")


def _group_limits(root: str, path: str, file: str) -> Iterator[int]:
    """Of the group and those around it; in a container some of them may not be there to be seen."""
    parts = [part for part in path.split("/") if part]
    for depth in range(len(parts) + 1):
        said = _read("/".join((root, *parts[:depth], file))).strip()
        if said.isdigit():
            yield int(said)


# --- positions in files ---


class Offset(NamedTuple):
    """A regular file of the user's, and the position in it."""

    fd: int
    offset: int
    identity: tuple[int, int]


def offsets(known_fds: Container[int]) -> list[Offset]:
    """The positions in the user's files now. The kernel shares them with its copies: reading moves
    them for both.
    """
    saved = []
    for fd, found in _unknown_fds(known_fds):
        if _is_regular(found.st_mode):
            try:
                offset = _lseek(fd, 0, _SEEK_CUR)
            except OSError:
                continue
            saved.append(Offset(fd, offset, (found.st_dev, found.st_ino)))
    return saved


def restore_offsets(saved: list[Offset]) -> None:
    """Put the positions back, in the files that are open still."""
    for fd, offset, identity in saved:
        try:
            found = _fstat(fd)
            if (found.st_dev, found.st_ino) == identity:
                _lseek(fd, offset, _SEEK_SET)
        except OSError:
            pass  # it was closed


def part_offsets(saved: list[Offset]) -> None:
    """Put the positions back, in files that are opened anew: this process and the one that it was copied from go on side
    by side. Where a file cannot be opened again, they go on sharing the position.
    """
    for fd, offset, identity in saved:
        try:
            found = _fstat(fd)
            if (found.st_dev, found.st_ino) != identity:
                continue
            flags = _fcntl(fd, _GETFL) & ~_NOT_AGAIN
            inherited = not _fcntl(fd, _GETFD) & _FD_CLOEXEC
            own = _os_open(f"/proc/self/fd/{fd}", flags | _CLOEXEC)
        except OSError:
            continue
        try:
            _lseek(own, offset, _SEEK_SET)
            _dup2(own, fd, inherited)
        except OSError:
            pass  # it stays shared
        finally:
            _os_close(own)
