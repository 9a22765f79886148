"""Files on their way into a workspace: under a name of their own in its root, until all of them are there.

They stay in the root, and not beside their target, so that those of a runner that died can be found again: who finds one that
nobody holds a lock on removes it.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from typing import Any, Iterator, Optional

from . import limits, workspaces
from .errors import ErrorCode, RpcError
from .inside import Place, Tree, kind_of, refusal
from .removal import removal

_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)  # of a file system that has no hard links


class Incoming:
    """One file, or one folder with all that is in it. Confined to the supervisor's loop."""

    def __init__(self, tree: Tree, method: str, path: str, is_folder: bool, replaces: bool, size: int) -> None:
        """Raises RpcError where it could not be put there, and then nothing was made."""
        self._tree, self._path, self._is_folder, self._replaces = tree, path, is_folder, replaces
        self._size, self._received, self._entries = size, 0, 0
        self._writing: Optional[_Writing] = None
        self._check_target(method)
        self._name = workspaces.name_for_staging().encode("ascii")
        try:
            if is_folder:
                os.mkdir(self._name, 0o777, dir_fd=tree.fd)
                self._fd = os.open(self._name, _FOLDER, dir_fd=tree.fd)
            else:
                self._fd = os.open(self._name, _CREATE, 0o666, dir_fd=tree.fd)
        except OSError as problem:
            raise refusal(method, path, problem) from None
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            pass  # of a file system without locks: another runner there may take it for left over

    @property
    def missing(self) -> int:
        """Bytes that are still to come."""
        return self._size - self._received

    # --- what comes ---

    def folder(self, method: str, path: str) -> None:
        if not self._is_folder:
            raise RpcError(ErrorCode.INVALID_STATE, f"{method}: the transfer is of a file, which has no folders")
        self._count_entry(method)
        Tree(self._fd).make(method, path)

    def write(self, method: str, path: str, offset: int, data: bytes) -> None:
        """The next bytes of a file; its first ones make it. In the transfer of a file its path is empty."""
        if len(data) > self.missing:
            raise RpcError(
                ErrorCode.FILE_CHANGED,
                f"{method}: {self._received + len(data)} bytes came, and {self._size} were announced; it grew meanwhile",
            )
        if self._writing is None:
            self._writing = self._begin(method, path)
        writing = self._writing
        if (path, offset) != (writing.path, writing.size):
            raise RpcError(
                ErrorCode.INVALID_STATE,
                f"{method}: {path!r} at {offset} is not what comes next, which is {writing.path!r} at {writing.size}",
            )
        try:
            writing.write(data)
        except OSError as problem:
            raise refusal(method, path or self._path, problem) from None
        self._received += len(data)

    def end_file(self, method: str, sha256: str, executable: bool, modified_ms: Optional[int]) -> None:
        """All bytes of the file are there: they are those that were sent, or it is refused."""
        writing, self._writing = self._writing, None
        assert writing is not None
        with writing:
            if writing.hash.hexdigest() != sha256:
                raise RpcError(
                    ErrorCode.OUTPUT_INTEGRITY,
                    f"{method}: the SHA-256 of {writing.size} bytes is {writing.hash.hexdigest()}, not {sha256}",
                )
            try:
                writing.adorn(executable, modified_ms)
            except OSError as problem:
                raise refusal(method, writing.path or self._path, problem) from None

    def _begin(self, method: str, path: str) -> _Writing:
        self._count_entry(method)
        if not self._is_folder:
            if path != "" or self._entries > 1:
                raise RpcError(ErrorCode.INVALID_STATE, f"{method}: the transfer is of one file, and its path is empty")
            return _Writing("", os.dup(self._fd))
        with Tree(self._fd).place(method, path) as place:
            try:
                return _Writing(path, os.open(place.name, _CREATE, 0o666, dir_fd=place.fd))
            except OSError as problem:
                raise refusal(method, path, problem) from None

    def _count_entry(self, method: str) -> None:
        self._entries += 1
        if self._entries > limits.TRANSFER_ENTRIES:
            raise RpcError(
                ErrorCode.MESSAGE_TOO_LARGE,
                f"{method}: a transfer has at most {limits.TRANSFER_ENTRIES} files and folders; put them in several parts",
            )

    # --- its end ---

    def commit(self, method: str) -> None:
        """All is there: from now on it has its name."""
        if self._writing is not None or self.missing or not (self._is_folder or self._entries):
            raise RpcError(
                ErrorCode.INVALID_STATE,
                f"{method}: {self.missing} of {self._size} bytes have not come; send them, or give it up with file.abort",
            )
        made: list[bytes] = []
        try:
            with self._tree.made_place(method, self._path, made) as place:
                self._refuse_what_is_there(method, place)
                try:
                    self._enter(place)
                except OSError as problem:
                    raise refusal(method, self._path, problem) from None
        except RpcError:
            self._tree.take_back(made)
            raise
        os.close(self._fd)

    def _enter(self, place: Place) -> None:
        within = self._tree.fd
        if not (self._is_folder or self._replaces):
            try:  # by a second name, which never takes the place of a file that has come meanwhile
                os.link(self._name, place.name, src_dir_fd=within, dst_dir_fd=place.fd, follow_symlinks=False)
                os.unlink(self._name, dir_fd=within)
                return
            except OSError as problem:
                if problem.errno not in _NO_LINKS:
                    raise
        os.rename(self._name, place.name, src_dir_fd=within, dst_dir_fd=place.fd)

    def discard(self) -> Iterator[None]:
        """Leave nothing of it, a step at a time."""
        writing, self._writing = self._writing, None
        if writing is not None:
            writing.close()
        try:
            yield from removal(self._name, self._tree.fd)
        finally:
            os.close(self._fd)

    def _check_target(self, method: str) -> None:
        """As far as it is there: folders that are missing are made when all has come."""
        names = self._path.split("/")
        for depth in range(1, len(names) + 1):
            with self._tree.place(method, "/".join(names[:depth])) as place:
                found = place.found()
                if found is None:
                    return
                if depth == len(names):
                    self._refuse_what_is_there(method, place)

    def _refuse_what_is_there(self, method: str, place: Place) -> None:
        found = place.found()
        if found is None or (self._replaces and stat.S_ISREG(found.st_mode) and not self._is_folder):
            return
        fix = "choose another name"
        if stat.S_ISREG(found.st_mode) and not self._is_folder:
            fix += ", or ask for it to be replaced"
        raise RpcError(ErrorCode.FILE_EXISTS, f"{method}: there is {kind_of(found)} at {self._path!r} already; {fix}")


class _Writing:
    """The file that is being written. Use as a context manager."""

    def __init__(self, path: str, fd: int) -> None:
        import hashlib  # loads a library of ciphers: only runners that move files pay for it

        self.path, self.size, self.hash = path, 0, hashlib.sha256()
        self._fd = fd

    def __enter__(self) -> _Writing:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def write(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._fd, rest) :]
        self.hash.update(data)
        self.size += len(data)

    def adorn(self, executable: bool, modified_ms: Optional[int]) -> None:
        if executable:
            mode = os.fstat(self._fd).st_mode
            os.fchmod(self._fd, stat.S_IMODE(mode) | (mode & 0o444) >> 2)  # for whoever may read it
        if modified_ms is not None:
            os.utime(self._fd, ns=(modified_ms * 1_000_000, modified_ms * 1_000_000))

    def close(self) -> None:
        os.close(self._fd)


def sweep(tree: Tree) -> None:
    """Remove what a runner that died has left in the root; one that lives holds a lock on its own."""
    with os.scandir(tree.fd) as entries:
        names = [entry.name for entry, _ in zip(entries, range(limits.FILE_ENTRIES)) if workspaces.is_staged(entry.name)]
    for name in names:
        try:
            fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, dir_fd=tree.fd)
        except OSError:
            continue
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for _ in removal(name.encode("ascii"), tree.fd):
                pass
        except OSError:
            pass
        finally:
            os.close(fd)
