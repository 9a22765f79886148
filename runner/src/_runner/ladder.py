"""The interrupt ladder of a cell: stronger and stronger, until it is out (ARCHITECTURE: deadline and interrupt)."""

from __future__ import annotations

from typing import Any, Callable, Optional, Protocol

from .loop import Timer

DEADLINE, INTERRUPT, CPU = "deadline", "interrupt", "cpu_limit"
_OUTCOMES = {DEADLINE: "timed_out", INTERRUPT: "interrupted", CPU: "timed_out"}
# Which step at which share of the grace.
_STEPS = ((0.0, "signal"), (0.25, "signal"), (0.5, "signal"), (0.75, "look"), (1.0, "kill"))


class Target(Protocol):
    """What the steps are done to."""

    def signal(self) -> None: ...

    def look(self) -> None: ...

    def kill(self) -> None: ...


class Clock(Protocol):
    def after(self, seconds: float, action: Callable[[], None]) -> Timer: ...


class Ladder:
    """Each step is stronger than the one before, and the last is SIGKILL. Confined to the supervisor's loop."""

    def __init__(self, kind: str, clock: Clock, grace: float, target: Target, limit_ms: Optional[int] = None) -> None:
        self.kind = kind
        self.signals = 0
        self.killed = False
        self.verdict: Optional[str] = None
        self._clock, self._grace, self._target = clock, grace, target
        self._limit_ms = limit_ms
        self._next = 0
        self._timer: Optional[Timer] = None
        self._over = False
        self._fault: Optional[str] = None

    def start(self) -> None:
        self._climb()

    def again(self) -> None:
        """Somebody asked once more: another signal now; the steps that wait come no later for that."""
        if not self._over and not self.killed:
            self._signal()

    def stop(self) -> None:
        """The cell has ended."""
        self._over = True
        if self._timer is not None:
            self._timer.cancel()

    def failed(self, fault: str) -> None:
        """Not even its last step ended the kernel."""
        self._fault = fault

    def _climb(self) -> None:
        while not self._over and self._next < len(_STEPS):
            share, step = _STEPS[self._next]
            self._next += 1
            if step == "signal":
                self._signal()
            elif step == "look":
                self._target.look()
            else:
                self.killed = True
                self._target.kill()
                return
            wait = (_STEPS[self._next][0] - share) * self._grace
            if wait > 0:
                self._timer = self._clock.after(wait, self._climb)
                return

    def _signal(self) -> None:
        self.signals += 1
        self._target.signal()

    # --- what it made of the cell ---

    def outcome(self, returned: str, delivered: bool) -> str:
        """What has become of a cell whose code came to an end: the truth about a deadline that had passed, and about an
        interrupt only where it hit.
        """
        if self.kind == INTERRUPT and (returned != "raised" or not delivered):
            return returned
        return _OUTCOMES[self.kind]

    def outcome_of_death(self) -> str:
        return _OUTCOMES[self.kind]

    def cause(self, detail: Optional[str] = None) -> dict[str, Any]:
        found: dict[str, Any] = {"kind": self.kind, "signals": self.signals, "killed": self.killed}
        if self._limit_ms is not None:
            found["limitMs"] = self._limit_ms
        if detail is not None:
            found["detail"] = detail
        if self.verdict is not None:
            found["verdict"] = self.verdict
        return found

    def told(self, ended: str) -> str:
        """Why the kernel that ran the cell is gone, for people."""
        times = "an interrupt" if self.signals == 1 else f"{self.signals} interrupts"
        if self._fault is not None:
            return f"the cell did not answer {times}, and {self._fault}"
        if self.killed:
            return f"the cell did not answer {times} and was killed"
        return f"the kernel ended after {times} ({ended})"
