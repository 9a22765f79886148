"""The verbs on a session's state: checkpoint, rollback, branch. Replied to when what they say is a fact."""

from __future__ import annotations

from typing import Any, Callable, Optional, Protocol

from . import limits, rpc
from .copies import Kept
from .errors import ErrorCode, RpcError
from .session import SessionState, not_rolled_back
from .succession import Succession

Envelope = Callable[[Any], bytes]


class House(Protocol):
    """The session whose state it is."""

    state: SessionState
    succession: Succession
    owns_workspace: bool

    def require_idle(self, method: str) -> None: ...

    def reply(self, request: rpc.Request, envelope: Envelope) -> None: ...

    def say_generation(self, reason: str, report: dict[str, Any]) -> None: ...

    def abandon(self) -> None: ...


class StateKeeping:
    """Confined to the supervisor's loop."""

    def __init__(self, house: House) -> None:
        self._house, self._state = house, house.state

    @property
    def _copies(self) -> Any:
        return self._house.succession.copies

    # --- checkpoints ---

    def names(self) -> list[str]:
        return list(self._copies.named)

    def checkpoint(self, request: rpc.Request, name: str) -> None:
        self._house.require_idle("checkpoint")
        named = self._copies.named
        if name not in named and len(named) >= limits.NAMED_CHECKPOINTS:
            raise RpcError(
                ErrorCode.RESOURCE_EXHAUSTED,
                f"session {self._state.number} has {len(named)} checkpoints already; drop one first",
                {"limit": "named_checkpoints", "current": len(named), "max": limits.NAMED_CHECKPOINTS},
            )

        def keep(kept: Kept) -> None:
            kept.names = list(self._state.names)
            self._copies.keep_named(name, kept)
            told = {"name": name, "source": kept.source, "cell": kept.cell}
            if kept.reason is not None:
                told["reason"] = kept.reason
            self._house.reply(request, lambda id: rpc.result(id, told))

        self._house.succession.want(keep, lambda refused: self._refuse(request, refused))

    def drop(self, name: str) -> None:
        if not self._copies.drop_named(name):
            raise self._unknown("checkpoint.drop", "name", name)

    def rollback(self, request: rpc.Request, name: str) -> None:
        self._house.require_idle("rollback")
        kept = self._named("rollback", "name", name)

        def then(report: dict[str, Any]) -> None:
            report["notRolledBack"] = not_rolled_back(0)
            told = {"generation": self._state.generation, "state": report}
            self._house.reply(request, lambda id: rpc.result(id, told))
            self._house.say_generation("rollback", report)

        def otherwise(why: str) -> None:
            problem = f"rollback to {name!r}: {why}; the state is as it was"
            self._refuse(request, RpcError(ErrorCode.EXECUTION_FAILED, problem))

        self._house.succession.inherit(kept, "rollback", None, then, otherwise, stay=True, on_purpose=True)

    # --- branches ---

    def check_branch(self, checkpoint: Optional[str]) -> None:
        """Raise unless a branch can begin now, from the checkpoint or from the state that there is."""
        if checkpoint is None:
            self._house.require_idle("branch")
        else:
            self._named("branch", "checkpoint", checkpoint)

    def branch(self, request: rpc.Request, child: StateKeeping, checkpoint: Optional[str]) -> None:
        def refused(problem: RpcError) -> None:
            child._house.abandon()
            self._refuse(request, problem)

        if checkpoint is None:
            self._house.succession.want(lambda kept: child._begin_beside(request, self, kept, stay=False), refused)
        else:
            child._begin_beside(request, self, self._named("branch", "checkpoint", checkpoint), stay=True)

    def _begin_beside(self, request: rpc.Request, parent: StateKeeping, kept: Kept, *, stay: bool) -> None:
        """This is the branch: take over what the parent's kernel kept."""
        state, origin = self._state, parent._state
        state.tools = origin.tools
        state.names, state.changed_by = list(origin.names if kept.names is None else kept.names), kept.cell
        state.last_cell = origin.last_cell  # the files of cells in tracebacks are told apart by their numbers

        def then(report: dict[str, Any]) -> None:
            told = {
                "session": state.number,
                "generation": state.generation,
                "workspace": state.workspace,
                "cell": state.last_cell,
                "state": report,
            }
            self._house.reply(request, lambda id: rpc.result(id, told))

        def otherwise(why: str) -> None:
            self._refuse(request, RpcError(ErrorCode.EXECUTION_FAILED, f"branch {state.name!r}: {why}"))
            self._house.abandon()

        self._house.succession.inherit(
            kept,
            "branch",
            None,
            then,
            otherwise,
            stay=stay,
            origin=origin.workspace,
            files=parent._house.owns_workspace and self._house.owns_workspace,
        )

    # --- refusals ---

    def _named(self, method: str, field: str, name: str) -> Kept:
        kept: Optional[Kept] = self._copies.named.get(name)
        if kept is None:
            raise self._unknown(method, field, name)
        return kept

    def _unknown(self, method: str, field: str, name: str) -> RpcError:
        known = ", ".join(map(repr, self._copies.named)) or "there is none"
        return rpc.invalid(method, field, name, f"the name of a checkpoint of this session ({known})")

    def _refuse(self, request: rpc.Request, refused: RpcError) -> None:
        self._house.reply(request, lambda id: rpc.error(id, refused))
