"""What a session keeps of its kernel's state, and the kernels that take over from that."""

from __future__ import annotations

import os
import socket
from typing import Any, Callable, NamedTuple, Optional, Protocol

from . import limits, linux
from .births import Births
from .copies import Copies, Kept, Snapshot
from .errors import ErrorCode, RpcError
from .kernels import Kernel
from .loop import Loop, Timer
from .session import SessionState

Tell = Callable[[dict[str, Any]], None]


class Heir(NamedTuple):
    """A kernel that is to take over, and is not ready yet."""

    kernel: Kernel
    kept: Kept
    why: Optional[str]  # for the report: why there is a successor at all
    on_purpose: bool  # to be as the state was then, and not the nearest to what it was last
    then: Tell
    otherwise: Callable[[str], None]


class Wanted(NamedTuple):
    """A copy that the kernel was asked for."""

    on_kept: Callable[[Kept], None]
    on_refused: Callable[[RpcError], None]
    budget: Timer


class House(Protocol):
    """The session whose kernels these are."""

    kernel: Optional[Kernel]

    def tell_kernel(self, kernel: Kernel, method: str, params: dict[str, Any]) -> None: ...

    def succeeded_by(self, kernel: Kernel) -> None: ...


class Succession:
    """Confined to the supervisor's loop."""

    def __init__(self, loop: Loop, state: SessionState, births: Births, house: House) -> None:
        self._loop, self._state, self._births, self._house = loop, state, births, house
        self.copies = Copies(loop)
        self.heir: Optional[Heir] = None
        self._wanted: dict[int, Wanted] = {}
        self._wants = 0

    # --- keeping ---

    def want(self, on_kept: Callable[[Kept], None], on_refused: Callable[[RpcError], None]) -> None:
        """Ask the kernel for a copy of itself, or for a snapshot where there can be none."""
        kernel = self._house.kernel
        assert kernel is not None
        self._wants += 1
        number = self._wants
        budget = self._loop.after(limits.KEEP_BUDGET, lambda: self._refuse(number, "the kernel made no copy of itself in time"))
        self._wanted[number] = Wanted(on_kept, on_refused, budget)
        self._house.tell_kernel(kernel, "keep", {"id": number})

    def kernel_kept(self, kernel: Kernel, said: dict[str, Any], fd: int) -> None:
        """What a kernel says of a copy. It is a guest: what does not fit is dropped with its descriptor."""
        if kernel is not self._house.kernel:
            _close(fd)
            return
        number, cell, reason = said.get("id"), said.get("cell"), said.get("reason")
        reason = reason[: limits.STATUS_DETAIL] if isinstance(reason, str) else None
        kept = self._kept(said, fd, cell if isinstance(cell, int) else 0, reason)
        if number is None:
            if kept is None:
                self.copies.drop_latest(reason)
            else:
                self.copies.keep_latest(kept)
            return
        wanted = self._wanted.pop(number, None) if isinstance(number, int) else None
        if wanted is None:
            if kept is not None:
                kept.drop()
            return
        wanted.budget.cancel()
        if kept is None:
            wanted.on_refused(RpcError(ErrorCode.EXECUTION_FAILED, f"no checkpoint can be made: {reason}"))
        else:
            wanted.on_kept(kept)

    def _kept(self, said: dict[str, Any], fd: int, cell: int, reason: Optional[str]) -> Optional[Kept]:
        kind = said.get("kept")
        if fd < 0 or kind not in ("copy", "snapshot"):
            _close(fd)
            return None
        if kind == "copy":
            sleeper = linux.guest_socket(fd, socket.SOCK_SEQPACKET)
            return None if sleeper is None else self.copies.copy(sleeper, cell)
        return Snapshot(fd, cell, reason or "no copy of the process could be made")

    def refuse_wanted(self, why: str) -> None:
        for number in list(self._wanted):
            self._refuse(number, why)

    def _refuse(self, number: int, why: str) -> None:
        wanted = self._wanted.pop(number, None)
        if wanted is not None:
            wanted.budget.cancel()
            wanted.on_refused(RpcError(ErrorCode.EXECUTION_FAILED, f"no checkpoint can be made: {why}"))

    def listen(self) -> None:
        """Take in what copies have said and nobody has read yet."""
        self.copies.listen()
        if self.heir is not None:
            self.heir.kept.listen()

    # --- taking over ---

    def inherit(
        self,
        kept: Kept,
        kind: str,
        why: Optional[str],
        then: Tell,
        otherwise: Callable[[str], None],
        *,
        stay: bool,
        on_purpose: bool = False,
        **more: Any,
    ) -> None:
        """Let a kernel take over from what was kept. One of the two is called: with the report on the state that is
        there, or with the reason why there is no such kernel.
        """
        generation = self._state.generation + 1
        try:
            kernel = self._births.from_kept(kept, generation, kind, stay=stay, **more)
        except RpcError as problem:
            self._done_with(kept, stay)
            otherwise(problem.message)
            return
        self.heir = Heir(kernel, kept, why, on_purpose, then, otherwise)
        if not stay and isinstance(kept, Snapshot):
            kept.drop()  # it is on its way

    def heir_ready(self, kernel: Kernel, said: dict[str, Any]) -> None:
        """It takes the session over."""
        heir, state = self._take_heir(), self._state
        kept = heir.kept
        state.generation = kernel.generation
        self._house.succeeded_by(kernel)
        if heir.on_purpose:
            state.names, state.changed_by = list(kept.names or []), kept.cell
        names = kept.names if kept.names is not None else state.names
        why = heir.why
        if isinstance(kept, Snapshot):
            why = kept.reason if why is None else f"{why}; {kept.reason}"
            restored = said.get("restored")
            names = [name for name in restored if isinstance(name, str)] if isinstance(restored, list) else []
        heir.then(state.inherited(kept.source, names, kept.cell, why))

    def heir_failed(self, kernel: Kernel, why: str) -> None:
        heir = self._take_heir()
        words = kernel.give_up()
        if kernel.generation > self._state.generation:
            self._state.generation = kernel.generation  # a number is never used twice
        heir.otherwise(f"{why}: {words}" if words else why)

    def _take_heir(self) -> Heir:
        heir, self.heir = self.heir, None
        assert heir is not None
        return heir

    def _done_with(self, kept: Kept, stay: bool) -> None:
        if not stay:
            kept.drop()

    def end(self) -> None:
        """The session ends, or starts over."""
        heir, self.heir = self.heir, None
        if heir is not None:
            heir.kernel.give_up()
            if heir.on_purpose:
                heir.otherwise("the session has ended")  # SES-10: a rollback is settled, too
        self.copies.drop_all()
        self.refuse_wanted("the session has ended")


def _close(fd: int) -> None:
    if fd >= 0:
        os.close(fd)
