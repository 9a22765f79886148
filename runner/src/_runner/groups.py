"""What the control groups that this process is in allow, as far as they can be seen."""

from __future__ import annotations

from typing import Iterator, Optional

from .linux import read_proc

_ROOT = "/sys/fs/cgroup"
_FILES = {"memory": ("memory.limit_in_bytes", "memory.max"), "pids": ("pids.max", "pids.max")}


def least(controller: str) -> Optional[int]:
    """The smallest limit of all groups around this process; None: there is none, or it cannot be seen."""
    return min(_limits(controller), default=None)


def _limits(controller: str) -> Iterator[int]:
    of_split, unified = _FILES[controller]
    for line in read_proc("/proc/self/cgroup").decode("utf-8", "surrogateescape").splitlines():
        hierarchy, controllers, path = line.split(":", 2)
        if hierarchy == "0":
            for root in (_ROOT, f"{_ROOT}/unified"):
                yield from _on_the_way(root, path, unified)
        elif controller in controllers.split(","):
            yield from _on_the_way(f"{_ROOT}/{controller}", path, of_split)


def _on_the_way(root: str, path: str, file: str) -> Iterator[int]:
    """In a container what is mounted is its own group, and its path is not there to be seen."""
    parts = [part for part in path.split("/") if part]
    for depth in range(len(parts) + 1):
        said = read_proc("/".join((root, *parts[:depth], file))).strip()
        if said.isdigit():
            yield int(said)
