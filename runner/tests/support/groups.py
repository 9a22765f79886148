"""Control groups of version 1 for tests, below the one that the test itself is in."""

from __future__ import annotations

import os
import pathlib
import unittest
from typing import Any

ROOT = pathlib.Path("/sys/fs/cgroup")


class Group:
    """Made on entering, removed on leaving. Skips the test where there can be none."""

    def __init__(self, controller: str, **settings: Any) -> None:
        own = next(
            (line.split(":", 2)[2] for line in _groups() if controller in line.split(":", 2)[1].split(",")), "/nowhere"
        )
        self.path = ROOT / controller / own.lstrip("/") / f"pyvisor-test-{os.getpid()}"
        self._settings = settings
        self._open: list[int] = []

    def __enter__(self) -> Group:
        try:
            self.path.mkdir()
            for name, value in self._settings.items():
                (self.path / name.replace("__", ".")).write_text(str(value))
        except OSError as problem:
            raise unittest.SkipTest(f"no control group can be made here: {problem}") from None
        return self

    def __exit__(self, *_: object) -> None:
        for fd in self._open:
            os.close(fd)
        if self.path.exists():  # the runner removes it, as it does behind a host that was killed
            self.path.rmdir()

    def file(self, name: str) -> int:
        """Opened as a launcher does; it stays open as long as the group is there."""
        fd = os.open(self.path / name, os.O_WRONLY if name == "cgroup.procs" else os.O_RDONLY)
        self._open.append(fd)
        return fd

    def members(self) -> set[int]:
        return set(map(int, (self.path / "cgroup.procs").read_text().split()))


def _groups() -> list[str]:
    return pathlib.Path("/proc/self/cgroup").read_text().splitlines()
