"""A session as the supervisor runs it: its kernels one after another, its cells, and what the host is told of both."""

from __future__ import annotations

import os
import signal
from collections import deque
from typing import Any, Callable, Optional, Sequence

from . import limits, linux, rpc, workspaces
from .births import Births
from .enforcer import Enforcer
from .errors import ErrorCode, ProtocolError, RpcError
from .family import Family
from .files import Files
from .frames import Frame, FrameKind, InnerFlag
from .inquiry import Inquiries
from .intake import Intake
from .kernels import Kernel
from .ladder import Ladder
from .loop import Loop, Timer
from .messages import Message, encoded_frames
from .nursery import Nursery
from .oom import OomCounter
from .outbound import Outbound
from .output import Output, Pipe
from .page import Page
from .quota import Quota
from .removal import folder_removal
from .removals import Removals
from .session import STDERR, Cell, SessionState, not_rolled_back
from .statekeeping import StateKeeping
from .succession import Succession

_MESSAGE, _RELAY = int(FrameKind.MESSAGE), int(FrameKind.RELAY)
_CALL = int(InnerFlag.CALL)
_INNER = int(InnerFlag.CALL | InnerFlag.CANCEL)
_KERNEL_OUTCOMES = ("completed", "raised", "submitted")


class Session:
    """Confined to the supervisor's loop."""

    def __init__(
        self,
        state: SessionState,
        loop: Loop,
        outbound: Outbound,
        nursery: Nursery,
        retired: deque[Pipe],
        on_closed: Callable[[Session], None],
        page: int,
        removals: Removals,
    ) -> None:
        self.state = state
        self._page_fd, self._page = page, Page(page)
        self._births = Births(loop, nursery, state, page, self)
        self._enforcer = Enforcer(loop, self, self._page, nursery.allowance.cpu_ms)
        self.succession = Succession(loop, state, self._births, self)
        self.keeping = StateKeeping(self)
        self.inquiries = Inquiries(loop)
        self._oom = OomCounter(nursery.allowance)
        self._quota = Quota(loop, state.workspace, nursery.allowance.workspace)
        self.files = Files(loop, state.workspace, nursery.allowance.workspace)
        self.intake = Intake(self, state, outbound)
        self._loop, self._outbound, self._removals = loop, outbound, removals
        self._on_closed = on_closed
        self._over = False
        self.output = Output(loop, outbound, state, retired, self._settle)
        self.kernel: Optional[Kernel] = None
        self.owns_workspace = False
        self.failure: Optional[str] = None  # why there is no kernel; only a reset helps
        self._opening: Optional[rpc.Request] = None
        self._resetting: list[rpc.Request] = []
        self._was_reset: Optional[dict[str, Any]] = None  # the report on it, told when the kernel is ready
        # What was asked for while a kernel was on its way, which the host cannot always know.
        self._waiting: list[tuple[rpc.Request, Callable[[], None]]] = []
        self._closing: Optional[rpc.Request] = None
        self._close_deadline: Optional[Timer] = None
        self.family = Family(
            loop, state.number, self.succession.copies, lambda: {kernel.pid for kernel in self._kernels()}
        )

    @property
    def condition(self) -> str:
        if self._closing is not None:
            return "closing"
        if self.failure is not None:
            return "failed"
        if self.state.cell is not None:
            return "busy"
        if self.succession.heir is not None and self.kernel is None:
            return "starting"
        return "idle" if self.kernel is not None and self.kernel.ready else "starting"

    # --- verbs of the host ---

    def open(self, request: rpc.Request) -> None:
        self._start_kernel()
        self._opening = request

    def register(self, tools: bytes) -> None:
        self.state.tools = tools
        if self.kernel is not None:
            self._send_tools(self.kernel)

    def reset(self, request: rpc.Request) -> None:
        condition = self.condition
        if self.succession.heir is not None and self.kernel is not None:
            condition = "being restored"  # whoever asked for that still waits for the reply
        if condition not in ("idle", "failed", "starting"):
            raise RpcError(ErrorCode.INVALID_STATE, f"session {self.state.number} is {condition}; reset needs it idle")
        self._resetting.append(request)
        inherits = self.succession.heir is not None
        self.succession.end()
        if condition == "starting" and not inherits:
            return  # no cell has run in the kernel that comes: it is what is asked for
        kernel, self.kernel = self.kernel, None
        if kernel is not None:
            self._let_go(kernel)
        self._was_reset = self.state.fresh_state("the session was reset")
        try:
            self._start_kernel()
        except RpcError as problem:
            self._resetting.remove(request)
            self._was_reset = None
            self.failure = problem.message  # another reset may try again
            raise

    def close(self, request: rpc.Request) -> None:
        """Everything that the session started goes; replied to when all of it has ended."""
        if self._closing is not None:
            raise RpcError(ErrorCode.INVALID_STATE, f"session {self.state.number} is closing already")
        self._refuse_waiting(RpcError(ErrorCode.CANCELLED, f"session {self.state.number} was closed"))
        self._closing = request
        self._close_deadline = self._loop.after(limits.CLOSE_BUDGET, self._conclude_close)
        self.family.kill()
        if self.kernel is not None:
            self.kernel.condemn("the session was closed")
        self.relative_ended()

    def dismiss(self) -> None:
        """Its host has gone for good, and hears no reply."""
        if self._closing is None and not self._over:
            self.close(rpc.Request("session.close", {}, rpc.Absent.ID))

    def relative_ended(self) -> None:
        """A process has ended that may have been the last one that a closing session waits for, or of a kernel before."""
        self.family.somebody_ended()
        if self._closing is not None and (self.kernel is None or not self.kernel.pid):
            if not self.family.kill():  # those that were started while the others were killed
                self._conclude_close()

    def checkpoints(self) -> list[str]:
        return self.keeping.names()

    def abandon(self) -> None:
        """It never came to a kernel, and the host never had it."""
        if not self._over:  # a host that has gone may have taken the branch and its parent along
            self._forget()

    def when_ready(self, request: rpc.Request, verb: Callable[[], None]) -> None:
        """Do it now, or when the kernel that is on its way is there. Raises RpcError where it is refused now."""
        if self.condition == "starting" and len(self._waiting) < limits.WAITING_VERBS:
            self._waiting.append((request, verb))
        else:
            verb()

    def _do_what_waits(self) -> None:
        waiting, self._waiting = self._waiting, []
        for request, verb in waiting:
            try:
                verb()
            except RpcError as refused:
                self._refuse(request, refused)

    def require_idle(self, method: str) -> None:
        doing = "being restored" if self.succession.heir is not None else self.condition
        if doing != "idle":
            raise RpcError(ErrorCode.INVALID_STATE, f"session {self.state.number} is {doing}; {method} needs it idle")

    def pace(self) -> None:
        """The host fell behind, or caught up, or gave credit."""
        if self.kernel is not None:
            self.kernel.listen()
        self.output.listen()

    def credit(self, stream: int, amount: int) -> None:
        self.state.purses[stream].fill(amount)
        self.output.listen()

    @property
    def kernel_for_cells(self) -> Optional[Kernel]:
        """The one that a cell would run in: where none is there, the one that is to take over."""
        heir = self.succession.heir
        return self.kernel if self.kernel is not None or heir is None else heir.kernel

    def require_kernel(self) -> None:
        """Raise unless a cell would have a kernel to run in, and one that stays."""
        number = self.state.number
        if self._closing is not None:
            raise RpcError(ErrorCode.INVALID_STATE, f"session {number} is closing; open another")
        if self.failure is not None or self.kernel_for_cells is None:
            why = self.failure or f"session {number} is {self.condition}"
            raise RpcError(ErrorCode.EXECUTION_FAILED, f"{why}; a reset starts another kernel")
        if self.succession.heir is not None and self.kernel is not None:  # what it did there would go with that kernel
            raise RpcError(ErrorCode.INVALID_STATE, f"session {number} is being restored; wait for the reply to that")

    def prepare(self) -> None:
        """Raise unless a cell would be held to its limits."""
        self._enforcer.prepare()

    def admitted(self, cell: Cell) -> None:
        """A cell is on its way to the kernel."""
        self.succession.copies.seal(self.state.names)
        self._oom.begin()
        self._enforcer.begin(cell)

    # --- a kernel's life ---

    def _start_kernel(self) -> None:
        """Begin a generation. Raises, with nothing changed but its number, where there cannot be another process."""
        state = self.state
        state.generation += 1
        kernel = self._births.fresh(state.generation)
        self.output.adopt(state.generation, kernel.pipes)
        self.kernel, self.failure = kernel, None
        if state.tools != b"[]":
            self._send_tools(kernel)

    def kernel_born(self, kernel: Kernel, pid: int, ended: Optional[linux.Ended]) -> None:
        self.family.kernel_born(pid)
        if ended is None:
            kernel.born(pid)
        else:
            self.kernel_ended(kernel, ended)

    def kernel_failed(self, kernel: Kernel, why: str) -> None:
        """There is no process behind it, and will be none."""
        if self._is_heir(kernel):
            self.succession.heir_failed(kernel, why)
            return
        kernel.close()
        if self.kernel is kernel:
            self._never_ready(kernel, {"kind": "channel", "detail": why})

    def kernel_kept(self, kernel: Kernel, said: dict[str, Any], fd: int) -> None:
        self.succession.kernel_kept(kernel, said, fd)

    def succeeded_by(self, kernel: Kernel) -> None:
        """It is ready, and has the session's state: the one before goes."""
        if self.kernel is not None:
            self._let_go(self.kernel)
        self.kernel, self.failure = kernel, None
        self.output.adopt(kernel.generation, kernel.pipes)
        self._began(kernel)
        self._send_tools(kernel)

    def kernel_of(self, pid: int) -> Optional[Kernel]:
        """The kernel that this process is; who has just woken may not have been heard yet."""
        if self.succession.heir is not None:
            self.succession.listen()
        return next((kernel for kernel in self._kernels() if kernel.pid == pid), None)

    def _kernels(self) -> list[Kernel]:
        """The session's own, and the one that is to take over."""
        heir = self.succession.heir
        return [kernel for kernel in (self.kernel, heir and heir.kernel) if kernel is not None]

    def _is_heir(self, kernel: Kernel) -> bool:
        heir = self.succession.heir
        return heir is not None and heir.kernel is kernel

    def _send_tools(self, kernel: Kernel) -> None:
        self.tell_kernel(kernel, "tools", {}, [self.state.tools])

    def tell_kernel(
        self, kernel: Kernel, method: str, params: dict[str, Any], attachments: Sequence[bytes] = ()
    ) -> None:
        number = self._outbound.next_number()
        envelope = rpc.notification(method, params)
        message = Message(_MESSAGE, 0, self.state.number, kernel.generation, 0, number, envelope, attachments)
        kernel.send_all(encoded_frames(message))

    def _let_go(self, kernel: Kernel) -> None:
        """It is to end, and nobody is told of a crash."""
        kernel.condemn("the session has another kernel")
        kernel.close()
        self.output.retire()

    def kernel_ended(self, kernel: Kernel, ended: linux.Ended) -> None:
        """Its process has ended (TRN-7)."""
        kernel.take_in()
        cause = kernel.cause(ended.status)
        if cause.get("number") == signal.SIGKILL:
            cause = self._oom.explains_a_kill() or cause
        if self._is_heir(kernel):
            kernel.pid = 0
            self.succession.heir_failed(kernel, f"the process that was to take over ended ({_told(cause)})")
            return
        kernel.close()
        kernel.pid = 0
        self.family.somebody_ended()
        if kernel is not self.kernel:
            return
        cell = self.state.cell
        if self._closing is not None:
            self.relative_ended()
        elif not kernel.ready:
            self._never_ready(kernel, cause)
        elif cell is None:
            self._succeed("crashed", f"the kernel ended by itself ({_told(cause)})", None)
        elif not cell.ending:
            self._enforcer.died(cell, cause, _told(cause), ended.peak_memory)
            self._finish(cell)

    def _succeed(self, reason: str, why: str, cell: Optional[Cell]) -> None:
        """The kernel has ended: the best state that there is takes over; then the cell that ran is replied to (LIF-7)."""
        self.output.retire()
        self.kernel = None
        self.succession.refuse_wanted("the kernel has ended")

        def conclude(report: dict[str, Any]) -> None:
            if cell is not None:
                report["notRolledBack"] = not_rolled_back(cell.tool_calls)
                self._say_terminal(cell, report)
            self.say_generation(reason, report)

        def fresh(no_other: Optional[str]) -> None:
            waiting = self.state.cell
            if waiting is not None and waiting is not cell:  # it was on its way to the one that did not wake
                waiting.ended_without_kernel("never_started")
                self._say_terminal(waiting, self.state.fresh_state(no_other))
            report = self.state.fresh_state("; ".join(part for part in (why, no_other) if part))
            if cell is not None:
                self._say_terminal(cell, report)
            try:
                self._start_kernel()
            except RpcError as problem:
                self._fail(problem.message)
            self.say_generation(reason, report)

        copies = self.succession.copies
        kept = copies.take_latest()
        if kept is None:
            fresh(self._why_no_checkpoint())
        else:
            self.succession.inherit(kept, "takeover", why, conclude, fresh, stay=False)

    def _why_no_checkpoint(self) -> Optional[str]:
        why = "the session was opened with checkpoint=never" if self.state.policy == "never" else None
        why = why or self.succession.copies.why_none
        return why and f"no checkpoint: {why}"

    def say_generation(self, reason: str, report: dict[str, Any]) -> None:
        state = self.state
        told = {"session": state.number, "generation": state.generation, "reason": reason, "state": report}
        self._outbound.say(state.number, rpc.notification("generation", told))

    def _never_ready(self, kernel: Kernel, cause: dict[str, Any]) -> None:
        words = self.output.last_words(STDERR) or cause.get("detail") or kernel.fault
        self._fail(f"session {self.state.name!r}: the kernel ended before it was ready ({_told(cause)}): {words}", cause)

    def _fail(self, reason: str, cause: Optional[dict[str, Any]] = None) -> None:
        """There is no kernel: refuse what waits for one, and what comes until a reset."""
        self.failure = reason
        self.kernel = None
        opening = self._opening
        self._refuse_waiting(RpcError(ErrorCode.EXECUTION_FAILED, reason))
        cell = self.state.cell
        if cell is not None:
            cell.ended_without_kernel("never_started", cause)
            self._say_terminal(cell, self.state.fresh_state())
        if opening is not None:  # the host never had it
            self._forget()
        else:
            self.output.retire()

    def _refuse_waiting(self, refused: RpcError) -> None:
        waiting = [self._opening, *self._resetting, *(request for request, _ in self._waiting)]
        self._opening, self._resetting, self._was_reset, self._waiting = None, [], None, []
        for request in waiting:
            self._refuse(request, refused)

    def _refuse(self, request: Optional[rpc.Request], refused: RpcError) -> None:
        self.reply(request, lambda id: rpc.error(id, refused))

    def reply(
        self,
        request: Optional[rpc.Request],
        envelope: Callable[[Any], bytes],
        attachments: Sequence[bytes] = (),
    ) -> None:
        if request is not None and not request.is_notification:
            self._outbound.say(0, envelope(request.id), attachments=attachments)

    # --- what a kernel says ---

    def may_read(self) -> bool:
        return not self._outbound.slowed

    def waits_for_host(self) -> bool:
        """Whether the host has to take something first, before a kernel may be heard or can write."""
        return self._outbound.slowed or self.output.is_full

    def kernel_accepted(self, kernel: Kernel, cost: int) -> None:
        self.intake.give_back(cost)

    def kernel_relayed(self, kernel: Kernel, frame: Frame) -> None:
        if kernel is not self.kernel:
            self.intake.dropped += 1  # LIF-8
            return
        state = self.state
        number = state.cell_of_relay(frame.cell)
        flags = frame.flags
        if flags & _CALL:
            if state.cell is not None and state.cell.number == number:
                state.cell.tool_calls += 1
        self._outbound.frame(
            _RELAY, flags & ~_INNER, frame.channel, frame.session, frame.generation, number, frame.message, frame.body
        )

    def kernel_said(self, kernel: Kernel, message: Message) -> None:
        if kernel is not self.kernel and not self._is_heir(kernel):
            return
        try:
            said = rpc.parse(message.envelope)
        except rpc.Refusal as refusal:
            raise ProtocolError("SES-2", refusal.error.message) from None
        if not isinstance(said, rpc.Request) or not isinstance(said.params, dict):
            raise ProtocolError("SES-2", "a kernel sends notifications only")
        cell = self.state.cell
        if said.method == "returned" and cell is not None and cell.outcome is None:
            outcome = said.params.get("outcome")
            if outcome not in _KERNEL_OUTCOMES:
                raise ProtocolError("LIF-5", f"a kernel cannot have the outcome {outcome!r}")
            outcome = self._enforcer.outcome(cell, outcome, said.params.get("interrupted") is True)
            cell.returned(outcome, _count(said.params.get("cpuNanos")), self._enforcer.returned_at(cell))
            self._enforcer.returned(cell)
        elif said.method == "done" and cell is not None and cell.outcome is not None and not cell.ending:
            self._done(cell, kernel, said.params)
        elif said.method == "ready" and not kernel.ready:
            self._ready(kernel, said.params)
        else:
            raise ProtocolError("LIF-5", f"a kernel said {said.method!r} out of turn")

    def _ready(self, kernel: Kernel, said: dict[str, Any]) -> None:
        if not kernel.pid:
            self._births.listen()  # the zygote told its number before it released the kernel
            self.succession.listen()
        kernel.ready = True
        if kernel.deadline is not None:
            kernel.deadline.cancel()
        if self._is_heir(kernel):
            self.succession.heir_ready(kernel, said)
            return
        self._began(kernel)

    def _began(self, kernel: Kernel) -> None:
        state = self.state
        if state.cell is not None and not state.cell.ending:
            state.cell.restart_clock(state.generation)
            self._enforcer.kernel_begins()
        self.output.begin()
        opening, resetting = self._opening, self._resetting
        self._opening, self._resetting = None, []
        opened = {"session": state.number, "generation": state.generation, "workspace": state.workspace}
        self.reply(opening, lambda id: rpc.result(id, opened))
        for request in resetting:
            self.reply(request, lambda id: rpc.result(id, {"generation": state.generation}))
        was_reset, self._was_reset = self._was_reset, None
        if was_reset is not None:
            self.say_generation("reset", was_reset)
        if self._waiting:
            self._loop.after(0, self._do_what_waits)  # when the takeover has been told

    # --- the end of a cell ---

    def _done(self, cell: Cell, kernel: Kernel, params: dict[str, Any]) -> None:
        self._enforcer.over(cell)
        if cell.changes:
            self.state.changed_by = cell.number
        cell.peak_memory = _count(params.get("peakMemoryBytes"))
        names = params.get("names")
        if isinstance(names, list):
            self.state.names = [name for name in names[: limits.LOST_NAMES] if isinstance(name, str)]
        kernel.take_in(threads_only=True)  # calls that threads of the cell made before it ended (LIF-3)

        def measured(over: Optional[dict[str, Any]]) -> None:
            if self.state.cell is cell and not cell.ending:
                cell.cause = cell.cause or over
                self._finish(cell)

        self._quota.measure(measured)

    def _finish(self, cell: Cell) -> None:
        """What the pipes hold at this moment is the cell's last output (LIF-5)."""
        held = self.output.held()
        cell.ends_with(held)
        if not cell.drained:
            self.output.read()
        if cell.drained:
            self._settle()

    def _settle(self) -> None:
        """All output of the cell has gone out."""
        cell, kernel = self.state.cell, self.kernel
        if cell is None or not cell.drained or kernel is None:
            return
        if kernel.ended:
            self._succeed(cell.outcome or "crashed", _why(cell), cell)
        else:
            kernel.cell_ended()
            self._say_terminal(cell, None)
        self.output.listen()

    def _say_terminal(self, cell: Cell, state: Optional[dict[str, Any]]) -> None:
        """The reply to a cell; without a state the one that there was lives on."""
        self.state.cell = None
        self._outbound.say(self.state.number, cell.terminal(state), cell.number, cell.generation)

    # --- the ladder of a cell ---

    def interrupt(self, cell: int, grace: float) -> bool:
        return self._enforcer.interrupt(cell, grace)

    def look(self, ladder: Ladder) -> None:
        """The cell is soon to be killed: what it is doing is found out first, and told to the host."""
        cell, kernel = self.state.cell, self.kernel
        if cell is None or kernel is None:
            return
        number, generation, session = cell.number, kernel.generation, self.state.number
        about = {"session": session, "generation": generation, "cell": number, "stage": "ladder"}

        def tell(facts: dict[str, Any]) -> None:
            ladder.verdict = facts["verdict"]
            told = rpc.notification("evidence", {**about, "facts": {"kernels": [facts]}})
            self._outbound.say(session, told, number, generation)

        self.inquire(tell, doomed=True)

    def inquire(self, on_told: Callable[[dict[str, Any]], None], *, doomed: bool = False) -> None:
        """Find out what the kernel is doing; it is told once, soon."""
        state, kernel = self.state, self.kernel
        known = {
            "session": state.number,
            "name": state.name,
            "generation": state.generation,
            "cell": state.last_cell,
            "pid": kernel.pid if kernel is not None else 0,
            "condition": self.condition,
        }
        waits_for_tool = kernel is not None and kernel.calls > 0
        self.inquiries.begin(state.number, known, waits_for_tool, on_told, doomed=doomed)

    # --- the end of the session ---

    def _conclude_close(self) -> None:
        """All has ended, or would not: what is still there to be read is the session's last output."""
        if self._close_deadline is not None:
            self._close_deadline.cancel()
        if self.kernel is not None:
            self.kernel.close()
        self.output.read()
        cell = self.state.cell
        if cell is not None:
            if not cell.ending:
                cell.ended_without_kernel("cancelled")
            self._say_terminal(cell, self.state.fresh_state("the session was closed"))
        closing = self._closing
        self._forget(lambda: self.reply(closing, lambda id: rpc.result(id, {})))

    def _forget(self, then: Callable[[], None] = lambda: None) -> None:
        self._over = True
        self.kernel = None
        self.family.close()
        self._enforcer.close()
        self._quota.stop()
        self.succession.end()
        self.output.close()
        self.files.close()
        self._page.close()
        os.close(self._page_fd)
        self._on_closed(self)
        if self.owns_workspace:
            self._removals.begin(folder_removal(self.state.workspace), then)
        else:
            then()

    def drop_workspace(self) -> None:
        if self.owns_workspace:
            workspaces.remove(self.state.workspace)


def _why(cell: Cell) -> str:
    """Why a cell's kernel is gone."""
    cause = cell.cause or {}
    return str(cause.get("detail") or f"the kernel ended by itself ({_told(cause)})") if cause else "the kernel ended"


def _told(cause: dict[str, Any]) -> str:
    if cause.get("kind") == "exit":
        return f"exit status {cause['code']}"
    return str(cause.get("signal") or cause.get("detail") or cause.get("kind"))


def _count(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0
