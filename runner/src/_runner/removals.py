"""Files and folders that are removed while sessions go on."""

from __future__ import annotations

from collections import deque
from typing import Callable, Iterator

from . import limits
from .loop import Loop


class Removals:
    """One after the other, a slice at a time, so that sessions go on meanwhile. Confined to the supervisor's loop."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._waiting: deque[tuple[Iterator[None], Callable[[], None]]] = deque()

    def begin(self, removal: Iterator[None], then: Callable[[], None]) -> None:
        """Call back when it has come to its end."""
        self._waiting.append((removal, then))
        if len(self._waiting) == 1:
            self._go_on()

    def finish(self) -> None:
        """All of it now."""
        while self._waiting:
            for _ in self._waiting[0][0]:
                pass
            self._waiting.popleft()[1]()

    def _go_on(self) -> None:
        if not self._waiting:
            return
        steps, then = self._waiting[0]
        for _ in range(limits.FILE_SLICE):
            if next(steps, self) is self:
                self._waiting.popleft()
                then()
                break
        if self._waiting:
            self._loop.after(0, self._go_on)
