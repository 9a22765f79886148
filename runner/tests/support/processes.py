"""What /proc says of processes."""

from __future__ import annotations

import os
import signal
import time
from typing import Callable, Iterable


def alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[0] not in (b"Z", b"X")
    except OSError:
        return False


def descriptors(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


def open_files(pid: int) -> list[str]:
    """What its descriptors lead to, sorted."""
    return sorted(os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd"))


def threads(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/task"))


def children(pid: int) -> list[int]:
    """Also those that have ended and that nobody has waited for."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat", "rb") as file:
                    if int(file.read().rpartition(b")")[2].split()[1]) == pid:
                        found.append(int(entry))
            except OSError:
                pass
    return found


def family(pid: int) -> set[int]:
    """What lives of what it started, and of what that started."""
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat", "rb") as file:
                    facts = file.read().rpartition(b")")[2].split()
            except OSError:
                continue
            if facts[0] not in (b"Z", b"X"):
                parents[int(entry)] = int(facts[1])
    found, before = {pid}, 0
    while len(found) > before:
        before = len(found)
        found |= {child for child, parent in parents.items() if parent in found}
    return found - {pid}


def having(variables: dict[str, str]) -> list[int]:
    """Those whose environment, as it was when their program began, has all these; one that has ended has none."""
    found, wanted = [], {f"{name}={value}".encode("utf-8") for name, value in variables.items()}
    for pid in os.listdir("/proc"):
        if pid.isdigit():
            try:
                with open(f"/proc/{pid}/environ", "rb") as file:
                    if wanted <= set(file.read().split(b"\0")):
                        found.append(int(pid))
            except OSError:
                pass
    return found


def until_none_has(variables: dict[str, str], patience: float) -> None:
    """What is there still is told by its name, and killed, so that it is in nobody else's way."""
    deadline = time.monotonic() + patience
    while having(variables):
        if time.monotonic() > deadline:
            left = {pid: command(pid) for pid in having(variables)}
            for pid in left:
                _kill(pid)
            assert not left, f"left behind {patience} s after the runner's end: {left}"
        time.sleep(0.002)


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def command(pid: int) -> str:
    try:
        with open(f"/proc/{pid}/comm", encoding="ascii", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return ""


def copies(supervisor: int, kernels: Iterable[int]) -> list[int]:
    """The frozen copies that a supervisor has, of all its sessions."""
    known = set(kernels)
    return sorted(pid for pid in children(supervisor) if pid not in known and command(pid) == "pyvisor-copy" and alive(pid))


def until_gone(pids: Iterable[int], patience: float) -> float:
    """How long it took until none of them was left."""
    started, left = time.monotonic(), list(pids)
    while left:
        left = [pid for pid in left if alive(pid)]
        assert time.monotonic() - started < patience, f"these are there still: {left}"
        time.sleep(0.002)
    return time.monotonic() - started


def until(condition: Callable[[], bool], patience: float) -> None:
    """For what processes do by themselves, and tell nobody."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, f"not so within {patience} s"
        time.sleep(0.002)


def oom_score(pid: int) -> int:
    with open(f"/proc/{pid}/oom_score_adj", encoding="ascii") as file:
        return int(file.read())


def resident_kilobytes(pid: int) -> int:
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


def private_kilobytes(pid: int) -> int:
    """Memory that is this process's own."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return sum(int(line.split()[1]) for line in file if line.startswith("Private_"))
