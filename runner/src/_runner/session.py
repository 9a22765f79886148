"""What a session owes the host: its running cell, totals, credit. Sans-I/O."""

from __future__ import annotations

import time
import zlib
from typing import Any, Mapping, Optional, Sequence

from . import jsontext, limits
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

    def __init__(
        self, id: Any, number: int, generation: int, *, timeout: Optional[int] = None, grace: float = 0.0,
        changes: bool = True,
    ) -> None:
        self.id = id
        self.changes = changes  # whether it may leave another state behind
        self.timeout = timeout  # nanoseconds
        self.grace = grace  # seconds
        self.number = number
        self.generation = generation
        self.totals = {STDOUT: Totals(), STDERR: Totals()}
        self.tool_calls = 0
        self.outcome: Optional[str] = None
        self.cause: Optional[dict[str, Any]] = None
        self.cpu_nanos = 0
        self.peak_memory = 0
        self.given = _clock()  # to the kernel, or to wait for it
        self._elapsed = 0
        # Bytes that the capture pipes held when the cell ended: what is still to be read of them (LIF-5).
        self.rest: Optional[dict[int, int]] = None

    def returned(self, outcome: str, cpu_nanos: int, at: Optional[int] = None) -> None:
        """The code has ended, at this moment or now; the clock stops here, not when the output has been read."""
        self.outcome = outcome
        self.cpu_nanos = cpu_nanos
        self._elapsed = (_clock() if at is None else at) - self.given

    def restart_clock(self, generation: int) -> None:
        """The kernel has only now become ready to run it."""
        self.generation = generation
        self.given = _clock()

    def died(self, outcome: str, cause: dict[str, Any], peak_memory: int) -> None:
        """Its kernel has ended."""
        self.returned(outcome, 0)
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

    def holds(self, stream: int, held: int) -> None:
        """So much is left of what the stream held at the cell's end, and of what came after it."""
        if self.rest is not None:
            self.rest[stream] = min(self.rest[stream], held)

    def nothing_more(self, stream: int) -> None:
        """The stream has ended before it gave all that it held."""
        if self.rest is not None:
            self.rest[stream] = 0

    def terminal(self, state: Optional[dict[str, Any]]) -> bytes:
        """The reply to its request; None: the state is live."""
        out, err = self.totals[STDOUT], self.totals[STDERR]
        return _TERMINAL % (
            jsontext.dump_ascii(self.id),
            jsontext.dump_ascii(self.outcome),
            self.generation,
            _LIVE if state is None else jsontext.dump_ascii(state),
            out.bytes,
            out.crc32,
            err.bytes,
            err.crc32,
            self.tool_calls,
            self._elapsed,
            self.cpu_nanos,
            self.peak_memory,
            b"" if self.cause is None else b',"cause":%b' % jsontext.dump_ascii(self.cause),
        )


# Of its parts only a few are not numbers: the text around them is the same for every cell.
_TERMINAL = (
    b'{"jsonrpc":"2.0","id":%b,"result":{"outcome":%b,"generation":%d,"state":%b,'
    b'"totals":{"stdout":{"bytes":%d,"crc32":%d},"stderr":{"bytes":%d,"crc32":%d},"toolCalls":%d},'
    b'"elapsedNanos":%d,"cpuNanos":%d,"peakMemoryBytes":%d%b}}'
)
_LIVE = jsontext.dump_ascii({"preserved": True, "source": "live", "restored": [], "lost": []})


def _report(source: str, restored: list[str], lost: list[str], why: Optional[str]) -> dict[str, Any]:
    report: dict[str, Any] = {"preserved": False, "source": source, "restored": restored, "lost": lost}
    if why is not None:
        report["reason"] = why
    return report


def not_rolled_back(tool_calls: int) -> list[str]:
    """What a state that took over cannot undo."""
    calls = f"{tool_calls} host tool call{'' if tool_calls == 1 else 's'} that the cell made"
    rest = ["changes to files", "what was sent over sockets", "processes that earlier cells started"]
    return [calls, *rest] if tool_calls else rest


class SessionState:
    """What outlives a session's kernels."""

    def __init__(self, number: int, name: str, workspace: str, logging: Optional[str], policy: str = "auto") -> None:
        self.policy = policy  # of checkpoints
        self.number = number
        self.name = name
        self.workspace = workspace
        self.logging = logging
        self.generation = 0
        self.cell: Optional[Cell] = None
        self.last_cell = 0
        self._cell_before = 0
        self.tools = b"[]"
        self.names: list[str] = []
        self.changed_by = 0  # the last cell that ended and may have changed the state
        self.purses = {STDOUT: Purse(limits.OUTPUT_WINDOW), STDERR: Purse(limits.OUTPUT_WINDOW)}
        self.till = Till(limits.KERNEL_WINDOW, limits.CREDIT_BATCH)

    def begin(
        self, id: Any, number: int, timeout: Optional[int] = None, grace: float = 0.0, changes: bool = True
    ) -> Cell:
        self.cell = Cell(id, number, self.generation, timeout=timeout, grace=grace, changes=changes)
        self._cell_before, self.last_cell = self.last_cell, number
        return self.cell

    def fresh_state(self, why: Optional[str] = None) -> dict[str, Any]:
        lost, self.names = sorted(self.names), []
        self.changed_by = 0
        return _report("fresh", [], lost, why)

    def inherited(self, source: str, names: Sequence[str], cell: int, why: Optional[str]) -> dict[str, Any]:
        """A kernel took over with these names, as of that cell."""
        lost = sorted(set(self.names) - set(names))
        if cell < self.changed_by:
            stale = f"the state is that after cell {cell}; what cell {self.changed_by} changed is lost"
            why = stale if why is None else f"{why}; {stale}"
        report = _report(source, sorted(names), lost, why)
        report["preserved"] = source == "checkpoint" and not lost and cell >= self.changed_by
        self.names, self.changed_by = list(names), cell
        return report

    def cell_of_relay(self, claimed: int) -> int:
        """The cell that a kernel's message belongs to: the last one, or the one before if it says so (LIF-13)."""
        return claimed if claimed and claimed == self._cell_before else self.last_cell
