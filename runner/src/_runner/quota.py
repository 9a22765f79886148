"""How much the files of a workspace take, measured when a cell has ended.

The code may put anything there and change it meanwhile: links are not followed, each folder is opened below the one that
it was found in, and what is too deep or too much to be measured is more than is allowed.
"""

from __future__ import annotations

import errno
import os
from typing import Any, Callable, Iterator, Optional

from . import limits
from .loop import Loop, Timer

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_GONE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)  # or is something else meanwhile
_BLOCK = 512  # bytes that `st_blocks` counts in, whatever the file system's are


class TooMuch(Exception):
    """It cannot be measured."""


def sizes(path: str) -> Iterator[int]:
    """The bytes that each file and folder below takes on the disk; a file with several names once."""
    seen: set[tuple[int, int]] = set()
    stack: list[tuple[int, Any]] = []
    entries = 0
    try:
        _enter(stack, path, None)
        while stack:
            fd, listing = stack[-1]
            entry = next(listing, None)
            if entry is None:
                stack.pop()
                _leave(fd, listing)
                continue
            entries += 1
            if entries > limits.WORKSPACE_ENTRIES:
                raise TooMuch(f"it has more than {limits.WORKSPACE_ENTRIES} files")
            try:
                found = entry.stat(follow_symlinks=False)
            except OSError as problem:
                if problem.errno in _GONE:
                    continue
                # A folder that can be listed and not searched: what is in it counts, whoever closed it.
                raise TooMuch(f"a folder in it cannot be looked into ({problem.strerror})") from None
            try:
                if entry.is_dir(follow_symlinks=False):
                    if len(stack) >= limits.WORKSPACE_DEPTH:
                        raise TooMuch(f"it has folders in more than {limits.WORKSPACE_DEPTH} folders")
                    _enter(stack, entry.name, fd)
                elif found.st_nlink > 1:
                    if (found.st_dev, found.st_ino) in seen:
                        yield 0
                        continue
                    seen.add((found.st_dev, found.st_ino))
            except OSError as problem:
                if problem.errno not in _GONE and found.st_uid == os.geteuid():  # the code hides it
                    raise TooMuch(f"a folder in it cannot be looked into ({problem.strerror})") from None
            yield found.st_blocks * _BLOCK
    except OSError as problem:
        raise TooMuch(f"it cannot be looked into ({problem.strerror})") from None
    finally:
        for fd, listing in stack:
            _leave(fd, listing)


def _enter(stack: list[tuple[int, Any]], name: str, within: Optional[int]) -> None:
    fd = os.open(name, _FOLDER, dir_fd=within)
    try:
        stack.append((fd, os.scandir(fd)))
    except OSError:
        os.close(fd)
        raise


def _leave(fd: int, listing: Any) -> None:
    listing.close()
    os.close(fd)


class Quota:
    """Confined to the supervisor's loop. A large workspace is measured piece by piece, so that other sessions go on."""

    def __init__(self, loop: Loop, path: str, most: Optional[int]) -> None:
        # Whoever chose it may have named a link; what the code puts in its place later is not followed.
        self._loop, self._path, self._most = loop, os.path.realpath(path), most
        self._walk: Optional[Iterator[int]] = None
        self._next: Optional[Timer] = None
        self._found = 0

    def measure(self, on_measured: Callable[[Optional[dict[str, Any]]], None]) -> None:
        """Tell what to say of it: nothing where it is not limited, or within its limit."""
        if self._most is None:
            on_measured(None)
            return
        self.stop()
        self._walk, self._found = sizes(self._path), 0
        self._go_on(self._walk, self._most, on_measured)

    def stop(self) -> None:
        walk, self._walk = self._walk, None
        if self._next is not None:
            self._next.cancel()
        if walk is not None:
            walk.close()  # type: ignore[attr-defined]

    def _go_on(self, walk: Iterator[int], most: int, on_measured: Callable[[Optional[dict[str, Any]]], None]) -> None:
        try:
            for _ in range(limits.WORKSPACE_SLICE):
                size = next(walk, None)
                if size is None:
                    self._walk = None
                    on_measured(None if self._found <= most else _told(most, f"they take {self._found}", self._found))
                    return
                self._found += size
        except TooMuch as problem:
            self._walk = None
            on_measured(_told(most, str(problem), self._found))
            return
        self._next = self._loop.after(0, lambda: self._go_on(walk, most, on_measured))


def _told(most: int, how: str, found: int) -> dict[str, Any]:
    detail = f"the files of the workspace may take {most} bytes, and {how}; remove some, or allow more with workspace-limit"
    return {"kind": "workspace_limit", "limitBytes": most, "bytes": found, "detail": detail}
