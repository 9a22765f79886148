"""Whether it was the system that ended a process because memory ran out: control groups count that."""

from __future__ import annotations

import os
import signal
from typing import Any, Iterator, Optional

from . import limits
from .allowance import NONE, Allowance
from .linux import read_proc

_ROOTS_V2 = ("/sys/fs/cgroup", "/sys/fs/cgroup/unified")
_ROOT_V1 = "/sys/fs/cgroup/memory"
_NO_GROUP = "/proc/vmstat"  # counts those of the whole system


class OomCounter:
    """Confined to the supervisor's loop."""

    def __init__(self, allowed: Allowance = NONE) -> None:
        self._allowed = allowed
        self._file = next(_files(read_proc("/proc/self/cgroup").decode("utf-8", "surrogateescape")), _NO_GROUP)
        self._seen = self._count()

    def begin(self) -> None:
        """A cell begins: what was killed before, in another session or of a cell's children, is not its kernel."""
        if self._allowed.memory is not None:
            self._seen = self._count()

    def explains_a_kill(self) -> Optional[dict[str, Any]]:
        """The cause of a SIGKILL that nobody sent, if the counter has advanced since it was asked last."""
        before, self._seen = self._seen, self._count()
        if self._seen <= before:
            return None
        cause = {"kind": "out_of_memory", "signal": "SIGKILL", "number": int(signal.SIGKILL), "oomKills": self._seen}
        if self._allowed.memory is None:
            whose = "on the whole system" if self._file == _NO_GROUP else "in the runner's control group"
            return {**cause, "detail": f"memory ran out {whose}, and the system killed the largest process"}
        most = self._allowed.memory
        return {
            **cause,
            "limitBytes": most,
            "detail": f"memory ran out: the code may use {_in_words(most)}, and the system killed its largest process "
            f"(oom_kill {self._seen}); use less at a time, or allow more with memory-limit",
        }

    def _count(self) -> int:
        for line in self._read().splitlines():
            name, _, value = line.partition(b" ")
            if name == b"oom_kill" and value.strip().isdigit():
                return int(value)
        return 0

    def _read(self) -> bytes:
        if self._allowed.count is None:
            return read_proc(self._file)
        try:
            return os.pread(self._allowed.count, limits.PROC_FILE, 0)
        except OSError:  # the group has been removed, and what was in it
            return b""


def _in_words(size: int) -> str:
    return f"{size // limits.MIB} MiB" if size % limits.MIB == 0 else f"{size} bytes"


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
