"""The one event loop: descriptors, deadlines and ended children. Nothing polls."""

from __future__ import annotations

import heapq
import itertools
import os
import select
import signal
import time
from typing import Any, Callable, Optional

from . import linux

READ, WRITE = select.EPOLLIN, select.EPOLLOUT
Handler = Callable[[], None]
_FEW_TIMERS = 64  # below it nobody looks for those that were called off


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
        self._epoll = select.epoll()  # `selectors` would cost more than the handlers of a small message
        self._timers: list[tuple[float, int, Timer]] = []
        self._live = _FEW_TIMERS
        self._order = itertools.count()
        self._running = True
        # What all handlers of a round have queued goes out together.
        self.before_wait: Handler = lambda: None
        self._on_child: Optional[Callable[[linux.Ended], None]] = None
        self._child_hint = False
        self._wake, self._woken = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._handlers: dict[int, dict[int, Handler]] = {}
        self._signalled = False
        self._alarmed = False
        self.on_alarm: list[Handler] = []  # who is told that a timer of the system has rung, whosever it is
        self.on_signal: Handler = self.stop  # what a signal that asks for the end comes to

    def signalled(self) -> None:
        """For handlers of signals, which must touch nothing else: they may run between any two steps of a handler here."""
        self._signalled = True

    def alarmed(self) -> None:
        """For the handler of a timer's signal, as above."""
        self._alarmed = True

    def watch_children(self, on_child: Callable[[linux.Ended], None]) -> None:
        """Tell of every child that ends, also of orphans that were adopted."""
        self._on_child = on_child
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        signal.set_wakeup_fd(self._woken, warn_on_full_buffer=False)
        self.on(self._wake, READ, self._drain_wake)

    def _drain_wake(self) -> None:
        self._child_hint = True
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
            self._epoll.register(fd, event)
            return
        before = sum(handlers)
        if handler is None:
            handlers.pop(event, None)
        else:
            handlers[event] = handler
        after = sum(handlers)
        if after == 0:
            del self._handlers[fd]
            self._epoll.unregister(fd)
        elif after != before:
            self._epoll.modify(fd, after)

    def forget(self, fd: int) -> None:
        if self._handlers.pop(fd, None) is not None:
            self._epoll.unregister(fd)

    def after(self, seconds: float, action: Handler) -> Timer:
        timer = Timer(action)
        if len(self._timers) > 2 * self._live:
            self._forget_cancelled()
        heapq.heappush(self._timers, (time.monotonic() + seconds, next(self._order), timer))
        return timer

    def _forget_cancelled(self) -> None:
        """What was called off long before its time must not pile up."""
        self._timers = [entry for entry in self._timers if entry[2].action is not None]
        heapq.heapify(self._timers)
        self._live = max(_FEW_TIMERS, len(self._timers))

    def stop(self) -> None:
        self._running = False

    def run(self) -> None:
        while self._running:
            self.turn()

    def turn(self) -> None:
        """Wait once, and call who is concerned."""
        if self._signalled:
            self._signalled = False
            self.on_signal()
            if not self._running:
                return
        self.before_wait()
        found = self._epoll.poll(self._patience())
        # Looked up before any handler runs: one may close a descriptor and another get its number.
        for fd, events, handlers in [(fd, events, self._handlers.get(fd)) for fd, events in found]:
            if handlers is None:
                continue
            if events & ~WRITE and READ in handlers and self._handlers.get(fd) is handlers:
                handlers[READ]()
            if events & ~READ and WRITE in handlers and self._handlers.get(fd) is handlers:
                handlers[WRITE]()
        if self._timers:
            self._ring()
        if self._alarmed:
            self._alarmed = False
            for action in list(self.on_alarm):
                action()
        if self._child_hint and self._on_child is not None:
            self._child_hint = False  # signals come together: all that have ended are looked for
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
