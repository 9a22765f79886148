"""How many tool calls of a session may be in flight; the next ones wait their turn."""

from __future__ import annotations

from _thread import RLock
from collections import deque
from typing import Any, Callable

from .pristine import BUILTINS as __builtins__  # noqa: F401


class Turn:
    """A place in the queue."""

    __slots__ = ("granted", "grant")

    def __init__(self, notify: Callable[[], Any]) -> None:
        self.granted = False
        self.grant = notify


class Slots:
    """Guarded by its lock, a reentrant one: a finalizer that calls a tool may run while it is held.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._taken = 0
        self._queue: deque[Turn] = deque()
        self._lock = RLock()

    def try_take(self) -> bool:
        with self._lock:
            if self._queue or self._taken >= self._limit:
                return False
            self._taken += 1
            return True

    def take_or_queue(self, turn: Turn) -> None:
        with self._lock:
            if not self._queue and self._taken < self._limit:
                self._taken += 1
                turn.granted = True
            else:
                self._queue.append(turn)

    def give_back(self) -> None:
        """Hand the slot to the next in the queue."""
        while True:
            with self._lock:
                if not self._queue:
                    self._taken -= 1
                    return
                turn = self._queue.popleft()
                turn.granted = True
            try:
                turn.grant()
                return
            except RuntimeError:
                continue  # its loop is closed: the slot goes to the one behind it

    def leave(self, turn: Turn) -> None:
        """Give up waiting, or the slot if it was granted meanwhile."""
        with self._lock:
            if not turn.granted:
                self._queue.remove(turn)
                return
        self.give_back()
