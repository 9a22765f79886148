"""What a kernel is doing: looked at from outside twice, a moment apart, in a bounded time, whatever the kernel does."""

from __future__ import annotations

import os
import stat
from typing import Any, Callable, Optional

from . import evidence, limits, linux, procfacts, verdicts
from .loop import Loop, Timer

Told = Callable[[dict[str, Any]], None]


class Asked:
    """One request to a kernel for its stacks; to none where there is none. First it is asked, which does no harm. Where that is not answered in a
    while, it may be made to answer: who is doomed anyway; and else only who took the request and was in C code all the
    while, for a working interpreter may crash of it.
    """

    def __init__(self, pid: int, *, doomed: bool, again: Optional[Asked] = None) -> None:
        self._pid, self._doomed = pid, doomed
        self._sent = linux.catches(pid, evidence.ASK)  # who has no handler would be ended by it
        if self._sent:
            linux.send(pid, evidence.ASK)
        # What it has worked since it was asked in vain counts: where it gets little time, one look is too short.
        self._worked = again._worked if again else procfacts.main_thread(pid)[1]

    @property
    def patience(self) -> float:
        """For so long an answer is waited for, in seconds, before it is insisted on."""
        return limits.INQUIRY_PATIENCE_DOOMED if self._doomed else limits.INQUIRY_PATIENCE

    def insist(self) -> bool:
        """It has not answered in that time. Whether it is made to now."""
        if not linux.catches(self._pid, evidence.INSIST) or not (self._doomed or self._is_in_c()):
            return False
        linux.send(self._pid, evidence.INSIST)
        return True

    def _is_in_c(self) -> bool:
        if not self.taken:
            return False
        worked = procfacts.main_thread(self._pid)[1] - self._worked
        return worked >= limits.INQUIRY_WORK or procfacts.waits_in_c(self._pid)

    @property
    def taken(self) -> bool:
        """Whether the request has come to it. Whether it has answered is known to who reads the answers."""
        return self._sent and not linux.is_pending(self._pid, evidence.ASK)


class Inquiry:
    """Confined to the supervisor's loop, which waits for no answer: what is there is read."""

    def __init__(
        self, loop: Loop, pid: int, name: str, waits_for_tool: bool, on_told: Told, *, doomed: bool
    ) -> None:
        self._doomed = doomed
        self._loop, self._pid, self._waits_for_tool = loop, pid, waits_for_tool
        self._on_told: Optional[Told] = on_told
        self._stacks = _Stacks(name)
        self._ticks = procfacts.cpu_ticks(pid)
        self._before = ""
        self._unanswered: Optional[Asked] = None
        self._timer: Optional[Timer] = None

    @property
    def is_open(self) -> bool:
        return self._on_told is not None

    def start(self) -> None:
        self._look(self._look_again)

    def finish(self) -> None:
        """There is no more time: what is known by now is told."""
        if self._timer is not None:
            self._timer.cancel()
        on_told, self._on_told = self._on_told, None
        if on_told is None:
            return
        after = self._stacks.read()
        facts = procfacts.read(self._pid, self._ticks)
        said = verdicts.verdict(facts, self._before, after, self._waits_for_tool)
        shown = verdicts.printable(after or self._before, limits.STACKS_SHOWN)
        on_told({**facts.fields(), "verdict": said, "stacks": shown})

    def _look_again(self) -> None:
        self._before = self._stacks.read()
        if self._before:
            self._unanswered = None  # it got on, if late
        self._look(self.finish)

    def _look(self, then: Callable[[], None]) -> None:
        self._stacks.forget()
        asked = Asked(self._pid, doomed=self._doomed, again=self._unanswered)

        def insist() -> None:
            if not self._stacks.read() and not asked.insist() and asked.taken:
                self._unanswered = asked
            self._timer = self._loop.after(limits.INQUIRY_PAUSE - asked.patience, then)

        self._timer = self._loop.after(asked.patience, insist)


class Inquiries:
    """Those of one session. Confined to the supervisor's loop."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._open: list[Inquiry] = []

    def begin(
        self, session: int, known: dict[str, Any], waits_for_tool: bool, on_told: Told, *, doomed: bool
    ) -> None:
        """Look at the session's kernel; what is found is told beside what is known."""

        def tell(found: dict[str, Any]) -> None:
            on_told({**known, **found})

        inquiry = Inquiry(
            self._loop, known["pid"], f"kernel-{session}", waits_for_tool, tell, doomed=doomed
        )
        self._open = [other for other in self._open if other.is_open] + [inquiry]
        inquiry.start()

    def conclude(self) -> None:
        """The kernel is about to be killed."""
        inquiries, self._open = self._open, []
        for inquiry in inquiries:
            inquiry.finish()


class _Stacks:
    """The file that a kernel writes its stacks to. The guest can put anything in its place."""

    def __init__(self, name: str) -> None:
        self._path = evidence.path(name)

    def forget(self) -> None:
        fd = self._open(os.O_WRONLY)
        if fd >= 0:
            os.ftruncate(fd, 0)
            os.close(fd)

    def read(self) -> str:
        fd = self._open(os.O_RDONLY)
        if fd < 0:
            return ""
        try:
            size = os.fstat(fd).st_size
            data = os.pread(fd, limits.STACKS_READ, max(0, size - limits.STACKS_READ))
        except OSError:
            data = b""
        finally:
            os.close(fd)
        return data.decode("utf-8", "backslashreplace")

    def _open(self, how: int) -> int:
        if self._path is None:
            return -1
        try:
            fd = os.open(self._path, how | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return -1
        if stat.S_ISREG(os.fstat(fd).st_mode):
            return fd
        os.close(fd)
        return -1
