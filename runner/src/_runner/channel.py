"""Descriptors as queues of frames: written when they take some, never waited for."""

from __future__ import annotations

import os
import select
import socket
import time
from collections import deque
from functools import partial
from typing import Callable, Optional

from . import limits, linux
from .loop import WRITE, Loop


class Sink:
    """Frames on their way to a non-blocking descriptor, in order; urgent ones first, never inside another frame.

    Each may carry a cost, which `on_written` is told when the frame has gone out, and `close` returns when it never will.
    """

    def __init__(
        self,
        loop: Loop,
        fd: int,
        on_written: Callable[[int], None],
        on_broken: Callable[[], None],
        guests: Optional[socket.socket] = None,
    ) -> None:
        """`guests`: the same descriptor where a guest holds it as well, who can have calls wait that do not forbid it."""
        self._loop, self.fd = loop, fd
        if guests is None:
            self._write, self._gather = partial(os.write, fd), partial(os.writev, fd)
        else:
            send, sendmsg = guests.send, guests.sendmsg
            self._write, self._gather = lambda data: send(data, linux.AT_ONCE), lambda buffers: sendmsg(buffers, (), linux.AT_ONCE)
        self._on_written, self._on_broken = on_written, on_broken
        self._ordered: deque[tuple[bytes, int]] = deque()
        self._urgent: deque[tuple[bytes, int]] = deque()
        self._partial: Optional[tuple[memoryview, int]] = None
        self._waiting = False
        self._closed = False
        self.broken = False
        self.queued = 0

    def send(self, data: bytes, urgent: bool = False, cost: int = 0) -> None:
        if self._closed:
            return
        (self._urgent if urgent else self._ordered).append((data, cost))
        self.queued += len(data)

    def flush(self) -> None:
        """Write what the descriptor takes; wait in the loop for the rest."""
        gone, wrote = 0, False
        try:
            if self._partial is None and len(self._ordered) == 1 and not self._urgent:
                gone = self._write_one()
                wrote = True
            while self.queued:
                buffers = self._next_buffers()
                done = self._gather(buffers)
                wrote = True
                self.queued -= done
                gone += self._took(done)
                if done < sum(map(len, buffers)):
                    break
        except BlockingIOError:
            pass
        except OSError:
            self.broken = True
            self._on_broken()
            return
        waiting = self.queued > 0
        if waiting != self._waiting:
            self._waiting = waiting
            self._loop.on(self.fd, WRITE, self.flush if waiting else None)
        if wrote:
            self._on_written(gone)

    def drain(self, seconds: float) -> None:
        """Write what is queued, but wait no longer than this for whoever does not read."""
        deadline = time.monotonic() + seconds
        writable = select.poll()
        writable.register(self.fd, select.POLLOUT)
        self.flush()
        while self.queued and not self.broken:
            left = deadline - time.monotonic()
            if left <= 0 or not writable.poll(left * 1000):
                return
            self.flush()

    def close(self) -> int:
        """Take nothing more; returns the cost of what was not sent."""
        waiting = [*self._ordered, *self._urgent]
        if self._partial is not None:
            waiting.append(self._partial)
        self._closed = True
        self.queued = 0
        self._ordered.clear()
        self._urgent.clear()
        self._partial = None
        return sum(cost for _, cost in waiting)

    def _write_one(self) -> int:
        """The usual case: one frame, which the descriptor takes whole."""
        data, cost = self._ordered[0]
        done = self._write(data)
        self._ordered.popleft()
        self.queued -= done
        if done == len(data):
            return cost
        self._partial = (memoryview(data)[done:], cost)
        return 0

    def _next_buffers(self) -> list[memoryview]:
        buffers = [] if self._partial is None else [self._partial[0]]
        for queue in (self._urgent, self._ordered):
            for data, _ in queue:
                if len(buffers) == limits.WRITEV_BUFFERS:
                    return buffers
                buffers.append(memoryview(data))
        return buffers

    def _took(self, done: int) -> int:
        """Drop so many bytes from the front; returns the cost of the frames that are complete with them."""
        gone = 0
        while done:
            if self._partial is not None:
                view, cost = self._partial
                self._partial = None
            else:
                data, cost = (self._urgent or self._ordered).popleft()
                view = memoryview(data)
            if done < len(view):
                self._partial = (view[done:], cost)
                return gone
            done -= len(view)
            gone += cost
        return gone
