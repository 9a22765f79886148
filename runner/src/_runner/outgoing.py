"""A file of a workspace on its way to the host: what it was when it was opened, or nothing of it counts."""

from __future__ import annotations

import os

from . import limits
from .errors import ErrorCode, RpcError
from .inside import Place, refusal


class Outgoing:
    """Confined to the supervisor's loop."""

    def __init__(self, place: Place, method: str) -> None:
        import hashlib  # as for what comes in

        self._method, self.path = method, place.path
        self._fd = place.open_file()
        found = os.fstat(self._fd)
        self._identity = _identity(found)
        self.size, self.at = found.st_size, 0
        self.executable = bool(found.st_mode & 0o100)
        self.modified_ms = max(0, found.st_mtime_ns // 1_000_000)
        self._hash = hashlib.sha256()

    def next_chunk(self) -> bytes:
        """What comes next, at most a chunk of it. Raises RpcError where the file is another than it was."""
        try:
            data = os.read(self._fd, min(limits.FILE_CHUNK, self.size - self.at))
            unchanged = _identity(os.fstat(self._fd)) == self._identity
        except OSError as problem:
            raise refusal(self._method, self.path, problem) from None
        if not unchanged or (not data and self.at < self.size):
            raise RpcError(
                ErrorCode.FILE_CHANGED,
                f"{self._method}: {self.path!r} changed while it was copied, {self.at} of {self.size} bytes in; "
                "copy it again when the code has finished it",
            )
        self._hash.update(data)
        self.at += len(data)
        return data

    @property
    def done(self) -> bool:
        return self.at == self.size

    def sha256(self) -> str:
        return self._hash.hexdigest()

    def close(self) -> None:
        os.close(self._fd)


def _identity(found: os.stat_result) -> tuple[int, int, int]:
    """What changes with the content; a name that comes or goes changes the time of the inode alone."""
    return found.st_size, found.st_mtime_ns, found.st_mode
