"""Folders that are removed with all that code has put into them, however many and however deep."""

from __future__ import annotations

import os
from typing import Any, Callable, Generator, Iterator, Union

from . import limits
from .pristine import BUILTINS as __builtins__  # noqa: F401

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class _Folder:
    """One that is open, and being emptied."""

    __slots__ = ("fd", "name", "entries")

    def __init__(self, name: Union[str, bytes], within: int) -> None:
        """Raises OSError."""
        self.fd, self.name = os.open(name, _FOLDER, dir_fd=within), name
        try:
            self.entries = os.scandir(self.fd)
        except OSError:
            os.close(self.fd)
            raise

    def close(self) -> None:
        self.entries.close()
        os.close(self.fd)


def removal(name: Union[str, bytes], within: int) -> Iterator[None]:
    """Remove a file, or a folder with all that is in it, one entry at a step. Through no link; what cannot be removed stays."""
    if not _done(os.unlink, name, dir_fd=within):
        yield from _folder_removal(name, within)


def folder_removal(path: str) -> Iterator[None]:
    """The same for a folder alone, to which the way may lead through links."""
    parent, name = os.path.split(os.path.abspath(path))
    try:
        within = os.open(parent, _FOLDER & ~os.O_NOFOLLOW)
    except OSError:
        return
    try:
        yield from _folder_removal(name, within)
    finally:
        os.close(within)


def _folder_removal(name: Union[str, bytes], within: int) -> Iterator[None]:
    try:
        # What is emptied while it is listed may be listed in part, and what is too deep comes up: each pass takes more.
        for _ in range(limits.REMOVAL_PASSES):
            changed = yield from _emptied(name, within)
            if _done(os.rmdir, name, dir_fd=within) or not changed:
                return
    except OSError:
        pass  # it is no folder, or cannot be listed


def _emptied(name: Union[str, bytes], within: int) -> Generator[None, None, bool]:
    """Empty a folder as far as one listing goes; whether anything was changed."""
    # Each folder on the way down is open. What is too far down is brought to the top, for the next pass.
    way, changed = [_Folder(name, within)], False
    try:
        while way:
            folder = way[-1]
            entry = next(folder.entries, None)
            if entry is None:
                way.pop().close()
                if way:
                    changed |= _done(os.rmdir, folder.name, dir_fd=way[-1].fd)
            elif _done(os.unlink, entry.name, dir_fd=folder.fd):
                changed = True
            elif len(way) >= limits.REMOVAL_DEPTH:
                changed |= _done(os.rename, entry.name, os.urandom(16).hex(), src_dir_fd=folder.fd, dst_dir_fd=way[0].fd)
            else:
                try:
                    way.append(_Folder(entry.name, folder.fd))
                except OSError:
                    pass
            yield
    finally:
        for folder in way:
            folder.close()
    return changed


def _done(do: Callable[..., None], *arguments: Any, **more: Any) -> bool:
    try:
        do(*arguments, **more)
        return True
    except OSError:
        return False
