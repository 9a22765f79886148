"""The end of a listening runner that was told to end: nothing new begins, what runs may end, and what was said is taken over."""

from __future__ import annotations

from typing import Protocol

from . import limits
from .loop import Loop


class House(Protocol):
    """The supervisor."""

    draining: bool
    drain_incomplete: int  # cells that had to be cancelled

    @property
    def running(self) -> int: ...

    @property
    def unsaid(self) -> int: ...

    def dismiss(self) -> None: ...


class Door(Protocol):
    """The endpoint."""

    def go_away(self, seconds: float) -> None: ...

    @property
    def owed(self) -> int: ...


class Drain:
    """From the signal to the end of the loop. Confined to the loop.

    Cells that do not end by themselves are cancelled: their replies come with all that they printed. A second signal ends
    everything at once.
    """

    def __init__(self, loop: Loop, house: House, door: Door) -> None:
        self._loop, self._house, self._door = loop, house, door
        self._looked = False
        loop.on_signal = self.begin

    def begin(self) -> None:
        loop = self._loop
        self._house.draining = True
        loop.on_signal = loop.stop
        self._flush = loop.before_wait
        loop.before_wait = self._look
        loop.after(limits.DRAIN_CELLS, self._cancel)
        loop.after(limits.DRAIN_ALL, loop.stop)
        self._door.go_away(limits.DRAIN_ALL)

    def _cancel(self) -> None:
        self._house.drain_incomplete = self._house.running
        self._house.dismiss()

    def _look(self) -> None:
        """Before each wait: whether there is anything to wait for."""
        self._flush()
        if self._house.running or self._house.unsaid or self._door.owed:
            self._looked = False
        elif self._looked:
            self._loop.stop()
            self._loop.after(0, lambda: None)  # this wait, too, is to end
        else:  # what the supervisor said a moment ago may lie between it and the endpoint: one more turn reads it
            self._looked = True
            self._loop.after(0, lambda: None)
