"""What a session owes the host: its running cell, totals, credit. Sans-I/O."""

from __future__ import annotations

import time
import zlib
from typing import Any, Mapping, Optional

from . import limits
from .credit import Purse, Till
from .frames import FrameKind

STDOUT, STDERR = int(FrameKind.STDOUT), int(FrameKind.STDERR)
_clock = time.monotonic_ns


class Totals:
    """Bytes and checksum of one stream of one cell (LIF-4)."""

    __slots__ = ("bytes", "crc32")

    def __init__(self) -> None:
        self.bytes = 0
        self.crc32 = 0

    def add(self, data: bytes) -> None:
        self.bytes += len(data)
        self.crc32 = zlib.crc32(data, self.crc32)

    def to_json(self) -> dict[str, int]:
        return {"bytes": self.bytes, "crc32": self.crc32}


class Cell:
    """A kernel operation from its request to its reply."""

    def __init__(self, id: Any, number: int, generation: int) -> None:
        self.id = id
        self.number = number
        self.generation = generation
        self.totals = {STDOUT: Totals(), STDERR: Totals()}
        self.tool_calls = 0
        self.outcome: Optional[str] = None
        self.cause: Optional[dict[str, Any]] = None
        self.cpu_nanos = 0
        self.peak_memory = 0
        self._started = _clock()
        self._elapsed = 0
        # Bytes that the capture pipes held when the cell ended: what is still to be read of them (LIF-5).
        self.rest: Optional[dict[int, int]] = None

    def returned(self, outcome: str, cpu_nanos: int) -> None:
        """The code has ended; the clock stops here, not when the output has been read."""
        self.outcome = outcome
        self.cpu_nanos = cpu_nanos
        self._elapsed = _clock() - self._started

    def restart_clock(self) -> None:
        """The kernel has only now become ready to run it."""
        self._started = _clock()

    def crashed(self, cause: dict[str, Any], peak_memory: int) -> None:
        self.returned("crashed", 0)
        self.cause = cause
        self.peak_memory = peak_memory

    def ended_without_kernel(self, outcome: str, cause: Optional[dict[str, Any]] = None) -> None:
        """Nobody is left who could still say something about it."""
        self.returned(outcome, 0)
        self.cause = cause
        self.rest = {STDOUT: 0, STDERR: 0}

    def ends_with(self, held: Mapping[int, int]) -> None:
        self.rest = {STDOUT: held.get(STDOUT, 0), STDERR: held.get(STDERR, 0)}

    @property
    def ending(self) -> bool:
        return self.rest is not None

    @property
    def drained(self) -> bool:
        return self.rest is not None and not any(self.rest.values())

    def take(self, stream: int, data: bytes) -> None:
        self.totals[stream].add(data)
        if self.rest is not None:
            self.rest[stream] = max(0, self.rest[stream] - len(data))

    def nothing_more(self, stream: int) -> None:
        """The stream has ended before it gave all that it held."""
        if self.rest is not None:
            self.rest[stream] = 0

    def nothing_more(self, stream: int) -> None:
        """The stream has ended before it gave all that it held."""
        if self.rest is not None:
            self.rest[stream] = 0

    def result(self, state: dict[str, Any]) -> dict[str, Any]:
        """The terminal."""
        found = {
            "outcome": self.outcome,
            "generation": self.generation,
            "state": state,
            "totals": {
                "stdout": self.totals[STDOUT].to_json(),
                "stderr": self.totals[STDERR].to_json(),
                "toolCalls": self.tool_calls,
            },
            "elapsedNanos": self._elapsed,
            "cpuNanos": self.cpu_nanos,
            "peakMemoryBytes": self.peak_memory,
        }
        if self.cause is not None:
            found["cause"] = self.cause
        return found


LIVE = {"preserved": True, "source": "live", "restored": [], "lost": []}


class SessionState:
    """What outlives a session's kernels."""

    def __init__(self, number: int, name: str, workspace: str, logging: Optional[str]) -> None:
        self.number = number
        self.name = name
        self.workspace = workspace
        self.logging = logging
        self.generation = 0
        self.cell: Optional[Cell] = None
        self.last_cell = 0
        self._cell_before = 0
        self._cell_before = 0
        self.tools = b"[]"
        self.names: list[str] = []
        self.purses = {STDOUT: Purse(limits.OUTPUT_WINDOW), STDERR: Purse(limits.OUTPUT_WINDOW)}
        self.till = Till(limits.KERNEL_WINDOW, limits.CREDIT_BATCH)

    def begin(self, id: Any, number: int) -> Cell:
        self.cell = Cell(id, number, self.generation)
        self._cell_before, self.last_cell = self.last_cell, number
        return self.cell

    def fresh_state(self) -> dict[str, Any]:
        lost, self.names = sorted(self.names), []
        return {"preserved": False, "source": "fresh", "restored": [], "lost": lost}

    def cell_of_relay(self, claimed: int) -> int:
        """The cell that a kernel's message belongs to: the last one, or the one before if it says so (LIF-13)."""
        return claimed if claimed and claimed == self._cell_before else self.last_cell
