"""Whether it was the system that ended a process because memory ran out: control groups count that."""

from __future__ import annotations

from typing import Iterator, Optional

from .linux import read_proc

_ROOTS_V2 = ("/sys/fs/cgroup", "/sys/fs/cgroup/unified")
_ROOT_V1 = "/sys/fs/cgroup/memory"
_NO_GROUP = "/proc/vmstat"  # counts those of the whole system


class OomCounter:
    """Confined to the supervisor's loop."""

    def __init__(self) -> None:
        self._file = next(_files(read_proc("/proc/self/cgroup").decode("utf-8", "surrogateescape")), _NO_GROUP)
        self._seen = self._count()

    def explains_a_kill(self) -> Optional[str]:
        """What to say of a SIGKILL that nobody sent, if the counter has advanced since it was asked last."""
        before, self._seen = self._seen, self._count()
        if self._seen <= before:
            return None
        if self._file == _NO_GROUP:
            return "memory ran out on the whole system, which killed processes meanwhile"
        return "memory ran out: the system killed the largest process of the runner's control group"

    def _count(self) -> int:
        for line in read_proc(self._file).splitlines():
            name, _, value = line.partition(b" ")
            if name == b"oom_kill" and value.strip().isdigit():
                return int(value)
        return 0


def _files(groups: str) -> Iterator[str]:
    """Where this process's group counts; in a container its own path may not be there to be seen."""
    for line in groups.splitlines():
        hierarchy, controllers, path = line.split(":", 2)
        places = []
        if "memory" in controllers.split(","):
            places = [(_ROOT_V1, "memory.oom_control")]
        elif hierarchy == "0":
            places = [(root, "memory.events") for root in _ROOTS_V2]
        parts = [part for part in path.split("/") if part]
        for root, file in places:
            for depth in range(len(parts), -1, -1):
                found = "/".join((root, *parts[:depth], file))
                if b"oom_kill " in read_proc(found):
                    yield found
