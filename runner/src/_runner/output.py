"""A session's output: capture pipes of its kernel and of kernels that have ended, read as credit allows."""

from __future__ import annotations

import os
from collections import deque
from typing import Callable, Mapping, Optional

from . import limits, linux
from .frames import Flag
from .loop import READ, Loop, Timer
from .outbound import Outbound
from .session import SessionState

_LATE = int(Flag.LATE)


class Pipe:
    """The reading end of one capture pipe of one generation."""

    def __init__(self, output: Output, stream: int, generation: int, fd: int) -> None:
        self.output = output
        self.stream = stream
        self.generation = generation
        self.fd = fd
        self.retired = False
        self._listening = False

    @property
    def is_open(self) -> bool:
        return self.fd >= 0

    def held(self) -> int:
        """What it holds at this moment."""
        return linux.readable_bytes(self.fd) if self.is_open else 0

    def listen(self) -> None:
        """Wait for output while there is credit; without it the pipe fills and its writers wait (TRN-2)."""
        wanted = self.is_open and self.room() > 0
        if wanted != self._listening:
            self._listening = wanted
            self.output.loop.on(self.fd, READ, self._ready if wanted else None)

    def read(self) -> None:
        """Read what may be read now."""
        for _ in range(limits.READ_BATCH):
            room = self.room() if self.is_open else 0
            if room <= 0:
                break
            try:
                data = os.read(self.fd, room)
            except BlockingIOError:
                self.output.find_missing()
                break
            except OSError:
                data = b""
            if not data:  # every writer has closed it
                self.close()
                self.output.ended(self)
                return
            self.output.send(self, data)
            if len(data) < room:
                break
        self.listen()

    def close(self) -> None:
        fd, self.fd = self.fd, -1
        if fd >= 0:
            self._listening = False
            self.output.loop.forget(fd)
            os.close(fd)

    def room(self) -> int:
        output = self.output
        if output.outbound.slowed or not (self.retired or output.has_begun):
            return 0
        room = min(output.state.purses[self.stream].left, limits.FRAME_BODY)
        cell = output.state.cell
        if cell is not None and cell.rest is not None:
            # What a cell's pipes held at its end goes out before anything later, whoever wrote that.
            return 0 if self.retired else min(room, cell.rest[self.stream])
        return room

    def _ready(self) -> None:
        self.read()
        self.output.after_reading()


class Output:
    """Confined to the supervisor's loop."""

    def __init__(
        self,
        loop: Loop,
        outbound: Outbound,
        state: SessionState,
        retired: deque[Pipe],
        on_drained: Callable[[], None],
    ) -> None:
        self.loop, self.outbound, self.state = loop, outbound, state
        self._retired = retired  # of all sessions, oldest first
        self._on_drained = on_drained
        self._pipes: dict[int, Pipe] = {}
        self._begun = False
        self._missing: Optional[Timer] = None

    def adopt(self, generation: int, descriptors: Mapping[int, int]) -> None:
        """Take the pipes of a new kernel. They are not read before `begin`: its failure to start is no output."""
        self._begun = False
        self._pipes = {stream: Pipe(self, stream, generation, fd) for stream, fd in descriptors.items()}

    def begin(self) -> None:
        """The kernel is ready."""
        self._begun = True
        self.listen()

    @property
    def has_begun(self) -> bool:
        return self._begun

    @property
    def is_full(self) -> bool:
        """Whether the host gives no credit for a stream: whoever writes more to it than its pipe holds has to wait."""
        return any(pipe.is_open and pipe.room() <= 0 for pipe in self._pipes.values())

    def held(self) -> dict[int, int]:
        return {stream: pipe.held() for stream, pipe in self._pipes.items()}

    def listen(self) -> None:
        for pipe in self._all():
            pipe.listen()
        cell = self.state.cell
        # What may be read now is there, and is read at once, unless somebody else has read it.
        if self._missing is None and cell is not None and cell.ending and any(pipe.room() > 0 for pipe in self._pipes.values()):
            self._missing = self.loop.after(limits.MISSING_OUTPUT, self._look_for_missing)

    def _look_for_missing(self) -> None:
        self._missing = None
        self.find_missing()
        self.after_reading()
        self.listen()

    def find_missing(self) -> None:
        """What an ended cell's pipes held and hold no more is not waited for: a guest can read them, too."""
        cell = self.state.cell
        if cell is not None and cell.ending:
            for stream, pipe in self._pipes.items():
                cell.holds(stream, pipe.held())

    def read(self) -> None:
        for pipe in self._all():
            pipe.read()

    def send(self, pipe: Pipe, data: bytes) -> None:
        state, stream = self.state, pipe.stream
        purse = state.purses[stream]
        purse.left -= len(data)
        if not purse.left:
            self.outbound.credit_stalls += 1
        cell = state.cell
        if cell is None or pipe.retired:
            flags, number = _LATE, state.last_cell
        else:
            flags, number = 0, cell.number
            cell.take(stream, data)
        self.outbound.frame(stream, flags, 0, state.number, pipe.generation, number, 0, data)

    def after_reading(self) -> None:
        cell = self.state.cell
        if cell is not None and cell.drained:
            self._on_drained()

    def ended(self, pipe: Pipe) -> None:
        if pipe.retired:
            self._retired.remove(pipe)
        elif self.state.cell is not None:
            self.state.cell.nothing_more(pipe.stream)

    def last_words(self, stream: int) -> str:
        """What a kernel that failed left on a stream, as far as it fits an error."""
        pipe = self._pipes.get(stream)
        if pipe is None or not pipe.held():
            return ""
        return os.read(pipe.fd, limits.STATUS_DETAIL).decode("utf-8", "backslashreplace").strip()

    def retire(self) -> None:
        """The kernel has ended. A descendant may hold its pipes: they are drained until it lets go."""
        for pipe in self._pipes.values():
            if pipe.is_open:
                pipe.retired = True
                self._retired.append(pipe)
        self._pipes = {}
        self.listen()
        while len(self._retired) > 2 * limits.OLD_GENERATIONS:
            self._retired.popleft().close()

    def close(self) -> None:
        if self._missing is not None:
            self._missing.cancel()
        for pipe in self._all():
            pipe.close()
            if pipe.retired:
                self._retired.remove(pipe)
        self._pipes = {}

    def _all(self) -> list[Pipe]:
        pipes = list(self._pipes.values())
        if self._retired:
            pipes += [pipe for pipe in self._retired if pipe.output is self]
        return pipes
