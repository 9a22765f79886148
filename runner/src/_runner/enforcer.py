"""What makes a session's cells end in time: their deadline, the ladder's steps, and the end of what they started."""

from __future__ import annotations

import signal
import time
from typing import Any, Optional, Protocol

from . import limits, linux
from .cputime import CpuTimer
from .errors import ErrorCode, RpcError
from .family import Family
from .inquiry import Inquiries
from .kernels import Kernel
from .ladder import Ladder
from .loop import Loop, Timer
from .page import Page
from .session import Cell, SessionState
from .watchdog import Watchdog

_clock = time.monotonic

class House(Protocol):
    """The session whose cells these are."""

    state: SessionState
    inquiries: Inquiries
    family: Family

    @property
    def kernel_for_cells(self) -> Optional[Kernel]: ...

    def kernel_ended(self, kernel: Kernel, ended: linux.Ended) -> None: ...

    def look(self, ladder: Ladder) -> None: ...

    def waits_for_host(self) -> bool: ...


class Enforcer:
    """Confined to the supervisor's loop."""

    def __init__(self, loop: Loop, house: House, page: Page, cpu_ms: Optional[int] = None) -> None:
        self._loop, self._house, self._page = loop, house, page
        self._watchdog = Watchdog(loop, self, page)
        self._cpu = None if cpu_ms is None else CpuTimer(loop, cpu_ms, self._used_up)
        self._mark = linux.Mark(0, 0)
        self._ended: Optional[Cell] = None  # its code has, and its kernel has yet to come to its end
        self._end_due = 0.0
        self._alarm: Optional[Timer] = None  # one for all cells: it stays when they are over, and looks when it rings

    # --- a cell's life ---

    def prepare(self) -> None:
        """Another cell is to begin. Raises where it could not be held to its processor time."""
        kernel = self._house.kernel_for_cells
        if self._cpu is None or kernel is None or not kernel.ready:
            return
        try:
            self._cpu.begin(kernel.pid)
        except OSError as problem:
            data = {"limit": "cpu-limit", "current": 0, "max": self._cpu.millis}
            raise RpcError(ErrorCode.RESOURCE_EXHAUSTED, f"the cell is not run: {self._unlimited(problem)}", data) from None

    def begin(self, cell: Cell) -> None:
        self._mark = linux.Mark.now()
        self._watchdog.begin(cell)

    def kernel_begins(self) -> None:
        """The kernel is there only now, and runs at once what has waited for it."""
        kernel = self._house.kernel_for_cells
        if self._cpu is None or kernel is None:
            return
        try:
            self._cpu.begin(kernel.pid)
        except OSError as problem:
            kernel.condemn(self._unlimited(problem))

    def _unlimited(self, problem: OSError) -> str:
        millis = 0 if self._cpu is None else self._cpu.millis
        return (
            f"cpu-limit cannot be held to ({millis} ms): {problem}; the system has so many timers and waiting signals for a "
            "user (ulimit -i): end what uses them up, or raise that"
        )

    def _used_up(self) -> None:
        cell = self.running
        if self._cpu is not None and cell is not None and not cell.ending:
            self._watchdog.used_up(cell, self._cpu.millis)

    def close(self) -> None:
        """The session ends."""
        if self._cpu is not None:
            self._cpu.close()

    def interrupt(self, cell: int, grace: float) -> bool:
        """Whether that cell runs; then it is asked to end, and ends."""
        return self._watchdog.interrupt(cell, grace)

    def outcome(self, cell: Cell, returned: str, interrupted: bool) -> str:
        """What has become of a cell whose code has come to an end."""
        ladder = self._watchdog.ladder
        if ladder is None:
            return returned
        outcome = ladder.outcome(returned, interrupted)
        if outcome != returned:
            cell.cause = ladder.cause()
        return outcome

    def returned_at(self, cell: Cell) -> Optional[int]:
        """When its code ended, as far as that is known."""
        return self._watchdog.returned_at(cell)

    def returned(self, cell: Cell) -> None:
        """Its code has ended, and with that its deadline. What is left is the runner's, but a thread of the user's may
        keep the interpreter to itself.
        """
        if self._ended is cell:
            return
        self._ended, self._end_due = cell, _clock() + limits.END_BUDGET
        if self._alarm is None:
            self._alarm = self._loop.after(limits.END_BUDGET, self._ring)

    def _ring(self) -> None:
        self._alarm, cell = None, self._ended
        if cell is None:
            return
        left = self._end_due - _clock()
        if left > 0:  # another cell's than the one that it was set for
            self._alarm = self._loop.after(left, self._ring)
            return
        self._ended = None
        self._end_overdue(cell)

    def _end_overdue(self, cell: Cell) -> None:
        kernel = self._house.kernel_for_cells
        if self.running is not cell or cell.ending or kernel is None:
            return
        if self._house.waits_for_host():  # which holds the kernel up itself
            self.returned(cell)
        else:
            kernel.condemn(f"the cell's code had ended, and {limits.END_BUDGET:g} s later its kernel had not come to the cell's end")

    def died(self, cell: Cell, cause: dict[str, Any], told: str, peak_memory: int) -> None:
        """Its kernel has ended, by itself or by the ladder."""
        ladder = self._watchdog.ladder
        if ladder is None:
            cell.died("crashed", cause, peak_memory)
        else:
            cell.died(ladder.outcome_of_death(), ladder.cause(ladder.told(told)), peak_memory)
        self.over(cell)

    def over(self, cell: Cell) -> None:
        """The cell has ended. Where it had to, what it started goes with it, and what earlier cells started lives."""
        ended_by_ladder = self._watchdog.ladder is not None and cell.cause is not None
        self._watchdog.cell_over()
        self._ended = None
        if self._cpu is not None:
            self._cpu.end()
        if ended_by_ladder:
            for pid in linux.started_after(self._house.family.members(), self._mark):
                linux.kill(pid)

    # --- the ladder's steps ---

    @property
    def running(self) -> Optional[Cell]:
        return self._house.state.cell

    def signal(self) -> None:
        cell, kernel = self.running, self._house.kernel_for_cells
        if cell is not None and kernel is not None:
            self._page.ask(cell.number)
            if kernel.ready:  # before that it may have no handler yet, and looks at the page when the cell begins
                kernel.signal(signal.SIGINT)

    def look(self) -> None:
        ladder = self._watchdog.ladder
        if ladder is not None:
            self._house.look(ladder)

    def kill(self) -> None:
        kernel = self._house.kernel_for_cells
        if kernel is None:
            return
        self._house.inquiries.conclude()
        kernel.signal(signal.SIGSTOP)  # it starts nothing more while the others are looked for
        for pid in linux.started_after(self._house.family.members(), self._mark):
            linux.kill(pid)
        kernel.kill()
        self._loop.after(limits.KILL_BUDGET, lambda: self._unkillable(kernel))

    def _unkillable(self, kernel: Kernel) -> None:
        """SIGKILL did not end it: the machine holds it in a call. It is given up; its end is noticed whenever it comes."""
        if kernel.ended or not kernel.pid:
            return
        fault = f"process {kernel.pid} could not be killed (state {linux.state(kernel.pid)})"
        kernel.fault = kernel.fault or fault
        if self._watchdog.ladder is not None:
            self._watchdog.ladder.failed(fault)
        self._house.kernel_ended(kernel, linux.Ended(kernel.pid, signal.SIGKILL, 0))
