"""When to ask a peer whether it lives, and when to take its connection for dead. Sans-I/O; time is told."""

from __future__ import annotations

import enum

from . import limits
from .pristine import BUILTINS as __builtins__


class Act(enum.Enum):
    WAIT = enum.auto()
    PING = enum.auto()
    DEAD = enum.auto()


class Heartbeat:
    """Time in which this process itself did not run is not held against the peer."""

    def __init__(self, now: float) -> None:
        self.heard(now)

    def heard(self, now: float) -> None:
        """Something came in."""
        self._heard = now
        self._asked = False
        self._spared = False
        self._dead_at = now + limits.LINK_DEAD

    @property
    def wake(self) -> float:
        """The next moment at which `look` has something to say."""
        return self._dead_at if self._asked else self._heard + limits.LINK_QUIET

    def look(self, now: float) -> Act:
        late = now - self.wake
        if late < 0:
            return Act.WAIT
        if self._asked:
            if late <= limits.LINK_LATE or self._spared:
                return Act.DEAD
            self._spared = True  # this process was stopped: what had come meanwhile is not yet read
        self._asked = True
        self._dead_at = max(self._dead_at, now + limits.LINK_QUIET)
        return Act.PING
