"""The deadline of a session's cells, and the ladder of the one that runs. Nothing here waits for user code."""

from __future__ import annotations

import time
from typing import Optional, Protocol

from . import limits
from .ladder import CPU, DEADLINE, INTERRUPT, Clock, Ladder, Target
from .loop import Timer
from .page import Page
from .session import Cell

_clock = time.monotonic_ns
_SECOND = 1_000_000_000
_START_BUDGET = int(limits.START_BUDGET * _SECOND)


class Charge(Target, Protocol):
    """Whose cells are watched."""

    @property
    def running(self) -> Optional[Cell]: ...

    def returned(self, cell: Cell) -> None: ...


class Watchdog:
    """Confined to the supervisor's loop."""

    def __init__(self, clock: Clock, charge: Charge, page: Page) -> None:
        self._time, self._charge, self._page = clock, charge, page
        self.ladder: Optional[Ladder] = None
        # One alarm for all cells: it stays when a cell ends, and looks again when it rings. A timer for each cell would
        # leave as many dead ones behind as cells run within a deadline.
        self._alarm: Optional[Timer] = None
        self._rings = 0
        self._begun = (0, 0)  # which cell, and when: as was said first, for it may say something else later

    def begin(self, cell: Cell) -> None:
        """The cell is on its way to the kernel."""
        if cell.timeout is not None:
            self._ring_at(cell.given + cell.timeout)

    def interrupt(self, number: int, grace: float) -> bool:
        """Whether that cell runs; then it is asked to end."""
        cell = self._charge.running
        if cell is None or cell.number != number or self._has_returned(cell):
            return False
        if self.ladder is not None:
            self.ladder.again()
        else:
            self._start(Ladder(INTERRUPT, self._time, grace, self._charge))
        return True

    def used_up(self, cell: Cell, limit_ms: int) -> None:
        """It has used the processor time that it may use: as if its deadline had passed."""
        if self.ladder is None and not self._has_returned(cell):
            self._start(Ladder(CPU, self._time, cell.grace, self._charge, limit_ms))

    def returned_at(self, cell: Cell) -> Optional[int]:
        """The moment that the kernel tells, before it flushes; a guest may say anything, and what cannot be is not believed."""
        number, moment = self._page.ended()
        return moment if number == cell.number and cell.given <= moment <= _clock() else None

    def _has_returned(self, cell: Cell) -> bool:
        """Where only the page says so the kernel has yet to come to the cell's end, and that is looked after."""
        if cell.outcome is not None:
            return True
        if self.returned_at(cell) is None:
            return False
        self._charge.returned(cell)
        return True

    def cell_over(self) -> None:
        if self.ladder is not None:
            self.ladder.stop()
            self.ladder = None

    def _start(self, ladder: Ladder) -> None:
        self.ladder = ladder
        ladder.start()

    def _ring_at(self, moment: int) -> None:
        if self._alarm is not None and self._alarm.action is not None:
            if self._rings <= moment:
                return
            self._alarm.cancel()
        self._rings = moment
        self._alarm = self._time.after(max(0, moment - _clock()) / _SECOND, self._ring)

    def _ring(self) -> None:
        self._alarm = None
        cell = self._charge.running
        if cell is None or cell.timeout is None or self.ladder is not None or self._has_returned(cell):
            return
        due = self._due(cell, cell.timeout)
        if due > _clock():
            self._ring_at(due)
        else:
            limit_ms = cell.timeout // 1_000_000
            self._start(Ladder(DEADLINE, self._time, cell.grace, self._charge, limit_ms))

    def _due(self, cell: Cell, timeout: int) -> int:
        """When to look again; a moment that has passed is the deadline's.

        It counts from the moment when the kernel began the code. The kernel says itself when that was, and a guest may
        say anything: a moment that cannot be is not believed, and it has to begin some time.
        """
        now = _clock()
        if self._begun[0] != cell.number:
            number, moment = self._page.begun()
            if number != cell.number or not cell.given <= moment <= now:
                # The more it has waited, the rarer the looks: there are few, and none is late by much.
                soonest = now + max(timeout, (now - cell.given) // 8)
                return min(soonest, cell.given + timeout + _START_BUDGET)
            self._begun = (number, moment)
        return self._begun[1] + timeout
