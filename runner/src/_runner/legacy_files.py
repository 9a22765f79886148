"""The file methods of the deprecated dialect: copies on the supervisor's machine, below a root of its own.

Each method works in slices, so that a large file keeps nobody waiting: its iterator's value is the result.
"""

from __future__ import annotations

import io
import os
import posixpath
import secrets
import shutil
import stat
from typing import Any, Iterator, Mapping

from . import limits, workspaces

ROOT_VARIABLES = ("PREDICT_RLM_RUNNER_ROOT", "PREDICT_RLM_SBX_ROOT")
VIRTUAL = "/sandbox"
# A pipe that nobody writes to must not be waited for, nor a link be followed out of the root.
_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK

Work = Iterator[None]


class SandboxFiles:
    """Confined to the supervisor's loop."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Raises OSError."""
        named = next((environment[name] for name in ROOT_VARIABLES if environment.get(name)), None)
        self._owned = None if named is not None else _private_directory(environment)
        self.root = os.path.realpath(named or self._owned or "/")
        self._base = os.path.join(self.root, VIRTUAL[1:])
        os.makedirs(self._base, exist_ok=True)

    def close(self) -> None:
        """A root that nobody named goes with the runner."""
        if self._owned is not None:
            workspaces.remove(self._owned)

    def virtual(self, path: str) -> str:
        """The host's name for a path: the virtual one where it has one."""
        inside = path == self._base or path.startswith(self._base + os.sep)
        return VIRTUAL + path[len(self._base) :] if inside else path

    def real(self, path: str) -> str:
        """Where a virtual path is. Raises ValueError where that is outside."""
        plain = posixpath.normpath(path)
        if "\0" in path or ".." in path.split("/") or not (plain == VIRTUAL or plain.startswith(VIRTUAL + "/")):
            raise ValueError(f"{path!r} is not below {VIRTUAL}; a path there has no '..'")
        found = os.path.realpath(self._base + plain[len(VIRTUAL) :])
        base = os.path.realpath(self._base)
        if found != base and not found.startswith(base + os.sep):
            raise ValueError(f"{path!r} leads out of {VIRTUAL} through a link")
        return found

    # --- the methods ---

    def mount(self, host_path: str, virtual_path: str) -> Work:
        yield from _copy(host_path, self.real(virtual_path), writing=_WRITE | os.O_NOFOLLOW)

    def sync(self, virtual_path: str, host_path: str) -> Work:
        yield from _copy(self.real(virtual_path), host_path, reading=_READ | os.O_NOFOLLOW)

    def make(self, path: str) -> Work:
        os.makedirs(self.real(path), exist_ok=True)
        yield from ()

    def listing(self, path: str) -> Iterator[Any]:
        found, real = [], self.real(path)
        for directory, _, names in os.walk(real):
            found += [self.virtual(os.path.join(directory, name)) for name in names]
            yield
        return {"files": sorted(found)}


def _copy(source: str, target: str, reading: int = _READ, writing: int = _WRITE) -> Work:
    """As `shutil.copy2` does it, parents included, but of regular files only."""
    if os.path.isdir(target):
        target = os.path.join(target, os.path.basename(source))
    with _open(source, reading, "rb") as origin:
        os.makedirs(os.path.dirname(os.path.abspath(target)), exist_ok=True)
        with _open(target, writing, "wb") as copy:
            if os.path.sameopenfile(origin.fileno(), copy.fileno()):
                raise shutil.SameFileError(f"{source!r} and {target!r} are the same file")
            copy.truncate()
            while True:
                data = memoryview(origin.read(limits.LEGACY_COPY))
                if not data:
                    break
                while data:
                    data = data[copy.write(data) :]
                yield
    shutil.copystat(source, target)


def _open(path: str, flags: int, mode: str) -> io.FileIO:
    fd = os.open(path, flags, 0o666)
    if stat.S_ISREG(os.fstat(fd).st_mode):
        return io.FileIO(fd, mode)
    os.close(fd)
    raise ValueError(f"{path!r} is no regular file; files are copied one by one")


def _private_directory(environment: Mapping[str, str]) -> str:
    parent = environment.get(limits.DIRECTORY_VARIABLE) or environment.get("TMPDIR") or "/tmp"
    path = os.path.join(parent, f"sandbox-{secrets.token_hex(8)}")
    os.mkdir(path, 0o700)
    return path
