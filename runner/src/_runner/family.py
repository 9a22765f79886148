"""The processes that cells of one session started."""

from __future__ import annotations

import os
from typing import Callable, Optional

from . import limits, linux
from .copies import Copies
from .loop import Loop, Timer


class Family:
    """Confined to the supervisor's loop. `leading` are the numbers of the kernels that live."""

    def __init__(self, loop: Loop, session: int, copies: Copies, leading: Callable[[], set[int]]) -> None:
        self._loop, self._session, self._copies, self._leading = loop, session, copies, leading
        # The kernels' numbers, of the ended ones too: they are also those of the process sessions that they lead.
        self.leaders: set[int] = set()
        self._forgetting: Optional[Timer] = None

    def kernel_born(self, pid: int) -> None:
        self.leaders.add(pid)

    def members(self) -> list[int]:
        return linux.without_copies(self._offspring(), os.getpid())

    def kill(self) -> bool:
        """Whether there was anybody."""
        found = self._offspring()
        for pid in found:
            linux.kill(pid)
        return bool(found)

    def somebody_ended(self) -> None:
        """Numbers of kernels that have ended are forgotten, soon, when nobody is left in their process sessions: the system
        gives them to others.
        """
        if self._forgetting is None and not self.leaders <= self._leading():
            self._forgetting = self._loop.after(limits.LEADERS_KEPT, self._forget)

    def close(self) -> None:
        if self._forgetting is not None:
            self._forgetting.cancel()

    def _forget(self) -> None:
        self._forgetting = None
        self.leaders &= self._leading() | linux.process_sessions()

    def _offspring(self) -> list[int]:
        """The members, and copies that have not told of themselves yet."""
        self._copies.listen()
        kept = {copy.pid for copy in self._copies.all()}
        tag = linux.Tag(self._session)
        return [pid for pid in linux.family(os.getpid(), self.leaders, tag) if pid not in kept]
