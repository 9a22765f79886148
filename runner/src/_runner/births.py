"""How a session comes to a kernel: a new one from the zygote, or one that wakes from a copy."""

from __future__ import annotations

import os
from typing import Any, Callable, Optional, Protocol

from . import limits, linux
from .copies import Copy, Kept, Snapshot
from .errors import ErrorCode, RpcError
from .kernels import Kernel, Owner
from .loop import Loop
from .nursery import Awaited, Nursery
from .session import SessionState


class Parent(Owner, Protocol):
    """Who asks for kernels, and hears what becomes of them before they are ready."""

    def kernel_born(self, kernel: Kernel, pid: int, ended: Optional[linux.Ended]) -> None: ...

    def kernel_failed(self, kernel: Kernel, why: str) -> None: ...


class Births:
    """Confined to the supervisor's loop."""

    def __init__(self, loop: Loop, nursery: Nursery, state: SessionState, page: int, parent: Parent) -> None:
        self._loop, self._nursery, self._state = loop, nursery, state
        self._page, self._parent = page, parent

    def fresh(self, generation: int, snapshot: Optional[Snapshot] = None) -> Kernel:
        """A new kernel, which reads the snapshot if there is one. Raises RpcError, with nothing left behind."""
        extra = [] if snapshot is None else [snapshot.fd]

        def ask(kernel: Kernel) -> None:
            self._nursery.fork(
                self._config(generation),
                [*kernel.descriptors(), *extra],
                Awaited(
                    lambda pid, ended: self._parent.kernel_born(kernel, pid, ended),
                    lambda why: self._parent.kernel_failed(kernel, why),
                ),
            )

        return self._bring(generation, _start_budget(), ask)

    def from_kept(self, kept: Kept, generation: int, kind: str, *, stay: bool, **more: Any) -> Kernel:
        """The kernel that takes over from what was kept; a copy that is not to stay becomes that kernel itself."""
        if isinstance(kept, Snapshot):
            return self.fresh(generation, kept)
        copy: Copy = kept

        def ask(kernel: Kernel) -> None:
            copy.wake(
                {**self._config(generation), "kind": kind, "supervisor": os.getpid(), **more},
                kernel.descriptors(),
                lambda pid: self._parent.kernel_born(kernel, pid, None),
                lambda: self._parent.kernel_failed(kernel, "the checkpoint's process had ended"),
                stay=stay,
            )

        return self._bring(generation, limits.WAKE_BUDGET, ask)

    def listen(self) -> None:
        """Take in the numbers of kernels that were told but not read yet."""
        self._nursery.listen()

    def _config(self, generation: int) -> dict[str, Any]:
        state = self._state
        return {
            "session": state.number,
            "generation": generation,
            "workspace": state.workspace,
            "logging": state.logging,
            "checkpoint": state.policy,
        }

    def _bring(self, generation: int, budget: float, ask: Callable[[Kernel], None]) -> Kernel:
        try:
            kernel = Kernel(self._loop, self._parent, self._state.number, generation, self._page)
        except OSError as problem:
            raise RpcError(ErrorCode.RESOURCE_EXHAUSTED, f"no descriptors for a kernel: {problem}") from None
        try:
            ask(kernel)
        except RpcError:
            kernel.handed_over()
            kernel.give_up()
            raise
        kernel.handed_over()
        kernel.deadline = self._loop.after(budget, lambda: self._overdue(kernel, budget))
        return kernel

    def _overdue(self, kernel: Kernel, budget: float) -> None:
        kernel.condemn(f"it was not ready after {budget:g} s")
        if not kernel.pid:  # who should have made it is stuck itself; a kernel that still comes finds its channel closed
            self._nursery.overdue()
            self._parent.kernel_failed(kernel, kernel.fault or "")


def _start_budget() -> float:
    return limits.PRELOAD_BUDGET if os.environ.get(limits.PRELOAD_VARIABLE) else limits.START_BUDGET
