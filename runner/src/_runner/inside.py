"""A folder as the file verbs reach into it: name by name from its own descriptor, and through no link.

Code may rename anything in it at any moment. Whatever it puts there, a step leads into a folder of the folder before, or nowhere.
"""

from __future__ import annotations

import errno
import os
import stat
from typing import Any, Optional

from . import limits, rpc
from .errors import ErrorCode, RpcError

_STEP = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_WANTED = "a path below the workspace like 'out/table.csv', without '..', '.', empty parts and a '/' at its ends"
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_LONG = (errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ)


def parts_of(method: str, path: Any) -> list[bytes]:
    """The names of a path, of which there is at least one. Raises RpcError."""
    if not isinstance(path, str):
        raise rpc.invalid(method, "path", path, _WANTED)
    try:
        names = path.encode("utf-8").split(b"/")
    except UnicodeEncodeError:
        raise rpc.invalid(method, "path", path, "UTF-8") from None
    if any(name in (b"", b".", b"..") or b"\0" in name for name in names):
        raise rpc.invalid(method, "path", path, _WANTED)
    if len(path) > limits.FILE_PATH or len(names) > limits.FILE_DEPTH or max(map(len, names)) > limits.FILE_NAME:
        raise rpc.invalid(
            method,
            "path",
            path,
            f"of at most {limits.FILE_PATH} characters, {limits.FILE_DEPTH} names and {limits.FILE_NAME} bytes a name",
        )
    return names


class Place:
    """One name in a folder that is open; what is there may change. Use as a context manager."""

    __slots__ = ("fd", "name", "path", "_method")

    def __init__(self, fd: int, name: bytes, method: str, path: str) -> None:
        self.fd, self.name, self.path, self._method = fd, name, path, method

    def __enter__(self) -> Place:
        return self

    def __exit__(self, *_: Any) -> None:
        os.close(self.fd)

    def found(self) -> Optional[os.stat_result]:
        try:
            return os.stat(self.name, dir_fd=self.fd, follow_symlinks=False)
        except FileNotFoundError:
            return None
        except OSError as problem:
            raise refusal(self._method, self.path, problem) from None

    def open_file(self) -> int:
        """A regular file, to be read."""
        found = self.found()
        if found is None:
            raise missing(self._method, self.path)
        _check_plain(self._method, self.path, found)  # opening a device may do something
        try:
            fd = os.open(self.name, _READ, dir_fd=self.fd)
        except OSError as problem:
            raise refusal(self._method, self.path, problem) from None
        try:
            _check_plain(self._method, self.path, os.fstat(fd))  # it may be another one by now
        except RpcError:
            os.close(fd)
            raise
        return fd


class Tree:
    """What is below a folder. Confined to the supervisor's loop."""

    def __init__(self, fd: int) -> None:
        self.fd = fd

    def place(self, method: str, path: Any) -> Place:
        """Where a path leads; its folders are there, or it is refused."""
        names = parts_of(method, path)
        return Place(self._walk(method, path, names[:-1], []), names[-1], method, path)

    def made_place(self, method: str, path: str, made: list[bytes]) -> Place:
        """The same; folders that are not there are made, and their paths told."""
        names = parts_of(method, path)
        return Place(self._walk(method, path, names[:-1], made, make=True), names[-1], method, path)

    def make(self, method: str, path: str) -> None:
        """A folder, with those above it; it may be there already. What was made of one that cannot be is taken back."""
        made: list[bytes] = []
        try:
            os.close(self._walk(method, path, parts_of(method, path), made, make=True))
        except RpcError:
            self.take_back(made)
            raise

    def open_folder(self, method: str, path: str) -> int:
        """A folder that can be listed; the empty path is the tree itself."""
        fd = self._walk(method, path, parts_of(method, path) if path != "" else [], [])
        try:
            return os.open(b".", _FOLDER, dir_fd=fd)
        except OSError as problem:
            raise refusal(method, path, problem) from None
        finally:
            os.close(fd)

    def take_back(self, made: list[bytes]) -> None:
        """Folders that were made for nothing, and are still empty."""
        for path in reversed(made):
            try:
                *above, name = path.split(b"/")
                fd = self._walk("", "", above, [])
            except RpcError:
                return
            try:
                os.rmdir(name, dir_fd=fd)
            except OSError:
                return
            finally:
                os.close(fd)

    def _walk(self, method: str, path: str, names: list[bytes], made: list[bytes], *, make: bool = False) -> int:
        at = os.open(b".", _STEP, dir_fd=self.fd)
        for depth, name in enumerate(names):
            try:
                if make and _mkdir(name, at):
                    made.append(b"/".join(names[: depth + 1]))
                below = os.open(name, _STEP, dir_fd=at)
            except OSError as problem:
                shown = _shown(names[: depth + 1])
                raise _no_step(method, path, shown, name, at, problem) from None
            finally:
                os.close(at)
            at = below
        return at


def _mkdir(name: bytes, within: int) -> bool:
    """Whether it was not there."""
    try:
        os.mkdir(name, 0o777, dir_fd=within)
        return True
    except FileExistsError:
        return False


def _no_step(method: str, path: str, shown: str, name: bytes, within: int, problem: OSError) -> RpcError:
    if problem.errno == errno.ENOENT:
        return missing(method, shown)
    if problem.errno not in (errno.ENOTDIR, errno.ELOOP):
        return refusal(method, shown, problem)
    try:
        is_link = stat.S_ISLNK(os.stat(name, dir_fd=within, follow_symlinks=False).st_mode)
    except OSError:
        is_link = False
    what = "is a link, and links are not followed; name what it leads to" if is_link else "is not a folder"
    return RpcError(ErrorCode.FILE_REFUSED, f"{method}: {shown!r} in {path!r} {what}")


def _check_plain(method: str, path: str, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        fix = "; name what it leads to" if stat.S_ISLNK(found.st_mode) else "; only regular files are copied"
        raise RpcError(ErrorCode.FILE_REFUSED, f"{method}: {path!r} is {kind_of(found)}{fix}")


def kind_of(found: os.stat_result) -> str:
    mode = found.st_mode
    kinds = (
        (stat.S_ISREG, "a file"),
        (stat.S_ISDIR, "a folder"),
        (stat.S_ISLNK, "a link"),
        (stat.S_ISFIFO, "a FIFO"),
        (stat.S_ISSOCK, "a socket"),
    )
    return next((word for fits, word in kinds if fits(mode)), "a device")


def missing(method: str, path: str) -> RpcError:
    return RpcError(
        ErrorCode.FILE_NOT_FOUND, f"{method}: there is nothing at {path!r} in the workspace; file.list tells what there is"
    )


def refusal(method: str, path: str, problem: OSError) -> RpcError:
    """What the system said, as an error of the table."""
    why = problem.strerror or str(problem)
    if problem.errno == errno.ENOENT:
        return missing(method, path)
    if problem.errno == errno.ELOOP:
        return RpcError(ErrorCode.FILE_REFUSED, f"{method}: {path!r} is a link, and links are not followed; name what it leads to")
    if problem.errno in _FULL:
        fix = "there is no room for it; remove files, or give the workspace more"
        return RpcError(ErrorCode.RESOURCE_EXHAUSTED, f"{method}: {path!r}: {why}: {fix}", {"limit": "disk"})
    if problem.errno in _LONG:
        return RpcError(ErrorCode.INVALID_ARGUMENT, f"{method}: {path!r} cannot be a name there ({why}); use a shorter, plain one")
    if problem.errno == errno.EEXIST:
        return RpcError(ErrorCode.FILE_EXISTS, f"{method}: there is something at {path!r} already; choose another name")
    return RpcError(ErrorCode.FILE_REFUSED, f"{method}: {path!r} cannot be used: {why}")


def _shown(names: list[bytes]) -> str:
    return b"/".join(names).decode("utf-8", "backslashreplace")
