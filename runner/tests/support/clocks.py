"""Time as a test sets it."""

from __future__ import annotations

import heapq
import itertools
from typing import Callable

from _runner.loop import Timer

SECOND = 1_000_000_000


class ManualClock:
    """Deadlines that come when the test says so. Starts at an odd moment, as every clock does."""

    def __init__(self) -> None:
        self.now = 7_000_000_123  # nanoseconds
        self._timers: list[tuple[int, int, Timer]] = []
        self._order = itertools.count()

    def nanos(self) -> int:
        return self.now

    def after(self, seconds: float, action: Callable[[], None]) -> Timer:
        timer = Timer(action)
        heapq.heappush(self._timers, (self.now + round(seconds * SECOND), next(self._order), timer))
        return timer

    def advance(self, seconds: float) -> None:
        """Let time pass; each deadline in it is met at its own moment."""
        until = self.now + round(seconds * SECOND)
        while self._timers and self._timers[0][0] <= until:
            self.now, _, timer = heapq.heappop(self._timers)
            action, timer.action = timer.action, None
            if action is not None:
                action()
        self.now = until

    @property
    def waiting(self) -> list[float]:
        """In how many seconds the deadlines that were not called off come."""
        return [(moment - self.now) / SECOND for moment, _, timer in sorted(self._timers) if timer.action is not None]
