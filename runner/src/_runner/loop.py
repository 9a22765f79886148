"""The one event loop: descriptors, deadlines and ended children. Nothing polls."""

from __future__ import annotations

import heapq
import itertools
import os
import selectors
import signal
import time
from typing import Any, Callable, Optional

from . import linux

READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE
Handler = Callable[[], None]


class Timer:
    """A deadline that can be called off."""

    __slots__ = ("action",)

    def __init__(self, action: Optional[Handler]) -> None:
        self.action = action

    def cancel(self) -> None:
        self.action = None


class Loop:
    """Waits, and calls who is concerned. Single-threaded."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._timers: list[tuple[float, int, Timer]] = []
        self._order = itertools.count()
        self._running = True
        # What all handlers of a round have queued goes out together.
        self.before_wait: Handler = lambda: None
        self._on_child: Optional[Callable[[linux.Ended], None]] = None
        self._wake, self._woken = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._handlers: dict[int, dict[int, Handler]] = {}

    def watch_children(self, on_child: Callable[[linux.Ended], None]) -> None:
        """Tell of every child that ends, also of orphans that were adopted."""
        self._on_child = on_child
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        signal.set_wakeup_fd(self._woken, warn_on_full_buffer=False)
        self.on(self._wake, READ, self._drain_wake)

    def _drain_wake(self) -> None:
        try:
            while os.read(self._wake, 4096):
                pass
        except BlockingIOError:
            pass

    def on(self, fd: int, event: int, handler: Optional[Handler]) -> None:
        """Call the handler when the event happens; None takes the interest back."""
        handlers = self._handlers.get(fd)
        if handlers is None:
            if handler is None:
                return
            self._handlers[fd] = handlers = {event: handler}
            self._selector.register(fd, event, handlers)
            return
        before = sum(handlers)
        if handler is None:
            handlers.pop(event, None)
        else:
            handlers[event] = handler
        after = sum(handlers)
        if after == 0:
            del self._handlers[fd]
            self._selector.unregister(fd)
        elif after != before:
            self._selector.modify(fd, after, handlers)

    def forget(self, fd: int) -> None:
        if self._handlers.pop(fd, None) is not None:
            self._selector.unregister(fd)

    def after(self, seconds: float, action: Handler) -> Timer:
        timer = Timer(action)
        heapq.heappush(self._timers, (time.monotonic() + seconds, next(self._order), timer))
        return timer

    def stop(self) -> None:
        self._running = False

    def run(self) -> None:
        while self._running:
            self.turn()

    def turn(self) -> None:
        """Wait once, and call who is concerned."""
        self.before_wait()
        for key, events in self._selector.select(self._patience()):
            handlers: dict[int, Handler] = key.data
            for event in (READ, WRITE):
                # Looked up now: a handler before this one may have taken the interest back.
                if events & event and self._handlers.get(key.fd) is handlers and event in handlers:
                    handlers[event]()
        self._ring()
        if self._on_child is not None:
            # The wake-up descriptor is a hint: children are looked for after every wake.
            for ended in linux.reap():
                self._on_child(ended)

    def _patience(self) -> Optional[float]:
        while self._timers and self._timers[0][2].action is None:
            heapq.heappop(self._timers)
        return max(0.0, self._timers[0][0] - time.monotonic()) if self._timers else None

    def _ring(self) -> None:
        now = time.monotonic()
        while self._timers and self._timers[0][0] <= now:
            timer = heapq.heappop(self._timers)[2]
            if timer.action is not None:
                action: Any = timer.action
                timer.action = None
                action()
