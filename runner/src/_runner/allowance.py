"""What the code of this runner may use at most: what the host asked for, and how a kernel is held to it.

Where the host could make a control group the kernels join that, each before anything else, and the supervisor and the
zygote stay outside: memory that runs out ends a kernel, never them. What no group holds is a limit of each process.
"""

from __future__ import annotations

import os
import resource
from typing import Any, Mapping, NamedTuple, Optional

from . import cputime, groups, limits, linux

_GROUP, _OUTSIDE, _PROCESS = "group", "outside", "process"
_NAMES = ("memory", "cpu-ms", "processes", "open-files", "file-size", "workspace")
_HELD = ("memory-limit", "cpu-limit", "process-limit", "open-files-limit", "file-size-limit", "workspace-limit")
_HOW = {"memory": (_GROUP, _OUTSIDE, _PROCESS), "processes": (_GROUP, _OUTSIDE, _PROCESS)}


class Unusable(Exception):
    """What was asked for cannot be held to here; the text says what would help."""


class Allowance(NamedTuple):
    """Nothing is limited where a number is None.

    The text of it is words with a blank between them, each `NAME=NUMBER` or `NAME=NUMBER/HOW`, and for the groups
    `join=FD` of each file that a kernel writes itself to, and `count=FD` of the file that counts what memory ended.
    """

    memory: Optional[int] = None  # bytes
    cpu_ms: Optional[int] = None
    processes: Optional[int] = None
    open_files: Optional[int] = None
    file_size: Optional[int] = None  # bytes
    workspace: Optional[int] = None  # bytes
    memory_by: str = _PROCESS
    processes_by: str = _PROCESS
    join: tuple[int, ...] = ()
    count: Optional[int] = None

    @classmethod
    def parse(cls, text: str) -> Allowance:
        found: dict[str, Any] = {}
        join: list[int] = []
        for word in text.split():
            name, _, value = word.partition("=")
            number, _, how = value.partition("/")
            # A word that is not known is a limit that would not be held to.
            if not number.isascii() or not number.isdigit() or how not in ("", *_HOW.get(name, ())):
                raise Unusable(f"{limits.ALLOWANCE_VARIABLE}: {word!r} is no limit of this runner")
            if name == "join":
                join.append(int(number))
            elif name == "count":
                found["count"] = int(number)
            elif name in _NAMES and int(number) > 0:
                field = name.replace("-", "_")
                found[field] = int(number)
                if how:
                    found[f"{field}_by"] = how
            else:
                raise Unusable(f"{limits.ALLOWANCE_VARIABLE}: {word!r} is no limit of this runner")
        return cls(join=tuple(join), **found)

    @classmethod
    def taken(cls, environment: Any) -> Allowance:
        """That of this process's environment, which what it starts does not get to see. Raises Unusable."""
        allowance = cls.parse(environment.pop(limits.ALLOWANCE_VARIABLE, ""))
        if allowance.processes is not None and allowance.processes_by == _PROCESS and _is_root():
            raise Unusable(
                f"a limit of processes ({allowance.processes}) needs a control group here: the system holds root to "
                "none, in a sandbox of root's neither; run as another user, or where control groups can be written"
            )
        allowance._require_others()
        if allowance.cpu_ms is not None:
            obstacle = cputime.obstacle()
            if obstacle is not None:
                raise Unusable(f"a limit of processor time ({allowance.cpu_ms} ms) cannot be held to here: {obstacle}")
        return allowance

    def _require_others(self) -> None:
        """An engine of containers that may limit nothing here only warns, and goes on without."""
        for name, most, by, controller in (
            ("memory", self.memory, self.memory_by, "memory"),
            ("processes", self.processes, self.processes_by, "pids"),
        ):
            if most is None or by != _OUTSIDE:
                continue
            found = groups.least(controller)
            if found is None or found > most:
                seen = "none is seen" if found is None else f"the least one is {found}"
                raise Unusable(
                    f"whoever started this runner was to limit its {name} to {most} by a control group, and {seen}; "
                    "let the engine of containers make such groups (podman info shows them), or leave the limit out"
                )

    def moved(self, least: int) -> Allowance:
        """The same with its descriptors under numbers from `least` on, not inherited."""
        try:
            moved = linux.above(least, *self.join, *(() if self.count is None else (self.count,)))
        except OSError as problem:
            raise Unusable(f"{limits.ALLOWANCE_VARIABLE}: the control group's files are not open: {problem}") from None
        return self._replace(join=tuple(moved[: len(self.join)]), count=None if self.count is None else moved[-1])

    @property
    def held(self) -> list[str]:
        """What the code is held to, in the words of HELLO."""
        return [word for word, most in zip(_HELD, self) if most is not None]

    def drop_groups(self) -> None:
        """All that was in them has ended. A host that still lives does the same; one that was killed cannot."""
        for fd in self.join:
            try:
                os.rmdir(os.path.dirname(os.readlink(f"/proc/self/fd/{fd}")))
            except OSError:
                pass  # in a sandbox there is no such path; then the next host of this machine does it

    def for_kernels(self) -> dict[str, Any]:
        """What a kernel is told."""
        told: dict[str, Any] = {"join": list(self.join), "limits": {}}
        per_process = told["limits"]
        if self.memory is not None:
            told["memory"] = self.memory
            if self.memory_by == _PROCESS:
                per_process["RLIMIT_AS"] = self.memory
        if self.processes is not None and self.processes_by == _PROCESS:
            per_process["RLIMIT_NPROC"] = self.processes + _tasks_of_this_user()
        if self.open_files is not None:
            per_process["RLIMIT_NOFILE"] = self.open_files + limits.OWN_FILES
        if self.file_size is not None:
            per_process["RLIMIT_FSIZE"] = self.file_size
        signals = resource.getrlimit(resource.RLIMIT_SIGPENDING)[0]
        if self.cpu_ms is not None and signals != resource.RLIM_INFINITY:
            # A timer takes one of the user's, and the code must not be able to leave none for the supervisor's.
            per_process["RLIMIT_SIGPENDING"] = signals // limits.SIGNALS_PARTS
        return told


NONE = Allowance()


def enter(told: Mapping[str, Any]) -> None:
    """Hold this process, a kernel, and all that it starts to it. Raises OSError: then no user code must run in it."""
    for fd in told["join"]:
        os.write(fd, b"0")  # the system takes it for whoever writes
    for name, most in told["limits"].items():
        kind = getattr(resource, name)
        hard = resource.getrlimit(kind)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, most))


def _is_root() -> bool:
    """Whether this user is root outside of its namespace, however it is called in it: that is whom the system counts."""
    user = os.geteuid()
    for line in linux.read_proc("/proc/self/uid_map").splitlines():
        inside, outside, count = map(int, line.split())
        if inside <= user < inside + count:
            return outside + user - inside == 0
    return user == 0


def _tasks_of_this_user() -> int:
    """The system counts all threads of a user, wherever they come from: those that are there are not the kernels'."""
    user, count = os.geteuid(), 0
    for entry in os.listdir("/proc"):
        try:
            if entry.isdigit() and os.stat(f"/proc/{entry}").st_uid == user:
                count += len(os.listdir(f"/proc/{entry}/task"))
        except OSError:
            pass  # it has ended meanwhile
    return count
