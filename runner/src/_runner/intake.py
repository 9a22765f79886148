"""What the host sends to a session: cells, and answers to its kernel's calls. Envelopes of cells are read, all else is
passed on as bytes.
"""

from __future__ import annotations

from typing import Any, Optional, Protocol

from . import limits, rpc
from .errors import ErrorCode, RpcError
from .frames import Flag, Frame, Lane, encode_fields
from .kernels import Kernel
from .messages import Head, first_envelope
from .outbound import Outbound
from .session import Cell, SessionState

_FIRST, _LAST = int(Flag.FIRST), int(Flag.LAST)
OPERATIONS = ("execute", "variable.get", "variable.set")


class House(Protocol):
    """The session that it comes to."""

    kernel: Optional[Kernel]

    @property
    def kernel_for_cells(self) -> Optional[Kernel]: ...

    def require_kernel(self) -> None: ...

    def prepare(self) -> None: ...

    def admitted(self, cell: Cell) -> None: ...


class Intake:
    """Confined to the supervisor's loop."""

    def __init__(self, house: House, state: SessionState, outbound: Outbound) -> None:
        self._house, self._state, self._outbound = house, state, outbound
        self.dropped = 0
        # Whom the rest of a message that takes more than one frame goes to.
        self._routes: dict[tuple[int, int, int], Optional[Kernel]] = {}

    def operate(self, frame: Frame, head: Optional[Head], draining: bool = False) -> None:
        """A frame of a cell's request: the envelope is read, all that follows is passed on as bytes."""
        admitted = head is not None and self._admit(frame, head, draining)
        self._route(self._house.kernel_for_cells if admitted else None, 0, frame)

    def relay(self, frame: Frame) -> None:
        kernel = self._house.kernel if frame.generation == self._state.generation else None  # LIF-8
        if kernel is not None and frame.flags & _LAST:
            kernel.answered()
        self._route(kernel, frame.channel, frame)

    def _route(self, kernel: Optional[Kernel], channel: int, frame: Frame) -> None:
        """All of a message goes to one kernel: never the rest of it to that one's successor."""
        flags = frame.flags
        if not (flags & _FIRST and flags & _LAST):
            key = (frame.generation, frame.channel, frame.message)
            if flags & _FIRST:
                self._routes[key] = kernel
            else:
                kernel = self._routes.get(key)
            if flags & _LAST:
                self._routes.pop(key, None)
        cost = len(frame.body)
        self._state.till.take(cost)
        if kernel is None or not kernel.send(channel, encode_fields(*frame), cost):
            self.dropped += 1
            self.give_back(cost)

    def give_back(self, cost: int) -> None:
        given = self._state.till.consume(cost)
        if given:
            self._outbound.credit(self._state.number, Lane.KERNEL, given)

    def _admit(self, frame: Frame, head: Head, draining: bool) -> bool:
        """Begin the cell that this frame asks for, or say why not."""
        try:
            request = rpc.parse(first_envelope(frame, head))
        except rpc.Refusal as refusal:
            self._outbound.say(0, rpc.error(refusal.id, refusal.error))
            return False
        if not isinstance(request, rpc.Request) or request.is_notification:
            self.dropped += 1  # nobody waits for it (SES-4, SES-6)
            return False
        try:
            self._check(request, frame)
            if draining:
                raise draining_refusal(request.method)
            self._house.prepare()
        except RpcError as refused:
            self._outbound.say(0, rpc.error(request.id, refused))
            return False
        params = request.params
        timeout_ms, grace_ms = params.get("timeoutMs"), params.get("graceMs", limits.GRACE_MS)
        cell = self._state.begin(
            request.id,
            frame.cell,
            timeout=None if timeout_ms is None else timeout_ms * 1_000_000,
            grace=grace_ms / 1000,
            changes=request.method != "variable.get",
        )
        self._house.admitted(cell)
        return True

    def _check(self, request: rpc.Request, frame: Frame) -> None:
        state = self._state
        check_operation(request)
        self._house.require_kernel()
        if state.cell is not None:
            raise RpcError(
                ErrorCode.INVALID_STATE, f"session {state.number} runs cell {state.cell.number}; wait for its reply"
            )
        if frame.cell <= state.last_cell:
            raise RpcError(
                ErrorCode.INVALID_ARGUMENT, f"cell numbers rise: {frame.cell} is not above {state.last_cell}"
            )


def draining_refusal(method: str) -> RpcError:
    return RpcError(ErrorCode.DRAINING, f"{method}: the runner is ending and begins nothing new; ask another one")


def check_operation(request: rpc.Request) -> None:
    """Raise unless a kernel could do this."""
    rpc.check_given_up(request)
    if request.method not in OPERATIONS:
        raise RpcError(
            ErrorCode.METHOD_NOT_FOUND,
            f"a session has no method {request.method!r}; there are {', '.join(OPERATIONS)}",
        )
    if not isinstance(request.params, dict):
        raise rpc.invalid(request.method, "params", request.params, "an object")
    if request.method != "execute" and not isinstance(request.params.get("name"), str):
        raise rpc.invalid(request.method, "name", request.params.get("name"), "a string")
    for name, least in (("timeoutMs", 1), ("graceMs", 0)):
        if name in request.params and not _is_in(request.params[name], least, limits.TIMEOUT_MS_MAX):
            wanted = f"a whole number from {least} to {limits.TIMEOUT_MS_MAX}"
            raise rpc.invalid(request.method, name, request.params[name], wanted)
    if not isinstance(request.params.get("value", False), bool):
        raise rpc.invalid(request.method, "value", request.params["value"], "a boolean")


def _is_in(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
