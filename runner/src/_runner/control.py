"""The methods that the supervisor itself answers: those of messages with session 0."""

from __future__ import annotations

import json
import os
import time
from typing import Any, Optional, Protocol, Sequence

from . import limits, rpc
from .errors import ErrorCode, RpcError
from .filemethods import FileMethods
from .intake import draining_refusal
from .sessions import Session

_POLICIES = ("auto", "always", "never")
_BEGINS = frozenset({"session.open", "reset", "checkpoint", "rollback", "branch"})  # something that a cell may come of
_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


class House(Protocol):
    """What the methods act on."""

    incarnation: str
    sessions: dict[int, Session]
    draining: bool

    def new_session(
        self, name: str, workspace: Optional[str], logging: Optional[str], policy: str
    ) -> Session: ...

    def stop(self) -> None: ...

    def reply(self, envelope: bytes) -> None: ...

    def facts(self) -> dict[str, Any]: ...


class Control:
    METHODS = (
        "session.open",
        "session.close",
        "tools.register",
        "reset",
        "interrupt",
        "checkpoint",
        "checkpoint.drop",
        "rollback",
        "branch",
        "evidence",
        "status",
        "shutdown",
        *FileMethods.METHODS,
    )

    def __init__(self, house: House) -> None:
        self._house = house
        self._started = time.monotonic()
        actions = (
            self._open,
            self._close,
            self._register,
            self._reset,
            self._interrupt,
            self._checkpoint,
            self._drop_checkpoint,
            self._rollback,
            self._branch,
            self._evidence,
            self._status,
            self._shutdown,
            *FileMethods(self._session).methods.values(),
        )
        self._methods = dict(zip(self.METHODS, actions))
        self._while_draining = {**self._methods, **dict.fromkeys(_BEGINS, _refuse_draining)}

    def answer(self, envelope: bytes, attachments: Sequence[bytes] = ()) -> Optional[bytes]:
        return rpc.answer(self._while_draining if self._house.draining else self._methods, envelope, attachments)

    def _open(self, request: rpc.Request) -> Any:
        params, sessions = request.params, self._house.sessions
        workspace, logging = params.get("workspace"), params.get("logging")
        policy = params.get("checkpoint", "auto")
        name = self._new_name(request)
        if policy not in _POLICIES:
            raise rpc.invalid("session.open", "checkpoint", policy, "one of " + ", ".join(_POLICIES))
        if logging is not None and (not isinstance(logging, str) or logging.upper() not in _LEVELS):
            raise rpc.invalid("session.open", "logging", logging, "one of " + ", ".join(_LEVELS))
        first = params.get("generation", 1)
        if type(first) is not int or not 1 <= first <= limits.GENERATION_MAX:
            raise rpc.invalid("session.open", "generation", first, f"an integer from 1 to {limits.GENERATION_MAX}")
        _check_workspace(request)
        session = self._house.new_session(name, workspace, logging, policy)
        session.state.generation = first - 1
        try:
            session.open(request)
        except RpcError:
            if workspace is None:
                session.drop_workspace()
            del sessions[session.state.number]
            raise
        return rpc.LATER

    def _new_name(self, request: rpc.Request) -> str:
        """The name of another session, for which there is room."""
        name, sessions = _name_in(request, "name"), self._house.sessions
        if any(session.state.name == name for session in sessions.values()):
            raise RpcError(ErrorCode.INVALID_STATE, f"{request.method}: there is a session named {name!r} already")
        if len(sessions) >= limits.SESSIONS:
            raise RpcError(
                ErrorCode.RESOURCE_EXHAUSTED,
                f"there are {limits.SESSIONS} sessions already; close one first",
                {"limit": "sessions", "current": len(sessions), "max": limits.SESSIONS},
            )
        return name

    def _close(self, request: rpc.Request) -> Any:
        self._session(request).close(request)
        return rpc.LATER

    def _register(self, request: rpc.Request) -> dict[str, Any]:
        session = self._session(request)
        tools = request.params.get("tools")
        if not isinstance(tools, list) or len(tools) > limits.TOOLS:
            count = f"{len(tools)} of them" if isinstance(tools, list) else tools
            raise rpc.invalid("tools.register", "tools", count, f"a list of at most {limits.TOOLS}")
        names = set()
        for tool in tools:
            name = tool.get("name") if isinstance(tool, dict) else None
            if not isinstance(name, str) or not name.isidentifier():
                raise rpc.invalid("tools.register", "tools", tool, "a list of objects whose name is an identifier")
            if name in names:
                raise rpc.invalid("tools.register", "tools", name, "a list without a name that stands twice")
            names.add(name)
        session.register(json.dumps(tools, separators=(",", ":")).encode("ascii"))
        return {}

    def _reset(self, request: rpc.Request) -> Any:
        self._session(request).reset(request)
        return rpc.LATER

    def _interrupt(self, request: rpc.Request) -> dict[str, Any]:
        session, cell = self._session(request), request.params.get("cell")
        grace = request.params.get("graceMs", limits.GRACE_MS)
        if not isinstance(cell, int) or isinstance(cell, bool) or not 1 <= cell <= limits.CELL_MAX:
            raise rpc.invalid("interrupt", "cell", cell, f"the number of a cell, from 1 to {limits.CELL_MAX}")
        if not isinstance(grace, int) or isinstance(grace, bool) or not 0 <= grace <= limits.TIMEOUT_MS_MAX:
            raise rpc.invalid("interrupt", "graceMs", grace, f"a whole number from 0 to {limits.TIMEOUT_MS_MAX}")
        return {"running": session.interrupt(cell, grace / 1000)}

    def _checkpoint(self, request: rpc.Request) -> Any:
        session, name = self._session(request), _name_in(request, "name")
        session.when_ready(request, lambda: session.keeping.checkpoint(request, name))
        return rpc.LATER

    def _drop_checkpoint(self, request: rpc.Request) -> dict[str, Any]:
        self._session(request).keeping.drop(_name_in(request, "name"))
        return {}

    def _rollback(self, request: rpc.Request) -> Any:
        session, name = self._session(request), _name_in(request, "name")
        session.when_ready(request, lambda: session.keeping.rollback(request, name))
        return rpc.LATER

    def _branch(self, request: rpc.Request) -> Any:
        parent = self._session(request)
        parent.when_ready(request, lambda: self._begin_branch(request, parent))
        return rpc.LATER

    def _begin_branch(self, request: rpc.Request, parent: Session) -> None:
        name = self._new_name(request)
        checkpoint = _name_in(request, "checkpoint") if "checkpoint" in request.params else None
        workspace = _check_workspace(request)
        parent.keeping.check_branch(checkpoint)
        state = parent.state
        child = self._house.new_session(name, workspace, state.logging, state.policy)
        try:
            parent.keeping.branch(request, child.keeping, checkpoint)
        except RpcError:
            child.abandon()
            raise

    def _evidence(self, request: rpc.Request) -> Any:
        """Replied to when each kernel has been looked at, which none of them can hold up."""
        asked = [self._session(request)] if "session" in request.params else list(self._house.sessions.values())
        found: list[dict[str, Any]] = []
        incarnation = self._house.incarnation  # a host that comes meanwhile has not asked

        def told(facts: Optional[dict[str, Any]]) -> None:
            if facts is not None:
                found.append(facts)
            if len(found) == len(asked) and not request.is_notification and self._house.incarnation == incarnation:
                self._house.reply(rpc.result(request.id, {"supervisor": self._house.facts(), "kernels": found}))

        for session in asked:
            session.inquire(told)
        if not asked:
            told(None)
        return rpc.LATER

    def _status(self, request: rpc.Request) -> dict[str, Any]:
        return self.status()

    def status(self) -> dict[str, Any]:
        return {
            "incarnation": self._house.incarnation,
            "uptimeMs": self.uptime_ms(),
            "sessions": [
                {
                    "session": session.state.number,
                    "name": session.state.name,
                    "generation": session.state.generation,
                    "state": session.condition,
                    "cell": session.state.last_cell,
                    "pid": session.kernel.pid if session.kernel is not None else 0,
                    "checkpoints": session.checkpoints(),
                }
                for session in self._house.sessions.values()
            ],
        }

    def uptime_ms(self) -> int:
        return int((time.monotonic() - self._started) * 1000)

    def _shutdown(self, request: rpc.Request) -> dict[str, Any]:
        self._house.stop()
        return {}

    def _session(self, request: rpc.Request) -> Session:
        number = request.params.get("session")
        if not isinstance(number, int) or isinstance(number, bool):
            raise rpc.invalid(request.method, "session", number, "the number of a session")
        session = self._house.sessions.get(number)
        if session is None:
            raise RpcError(ErrorCode.SESSION_NOT_FOUND, f"{request.method}: no session {number}")
        return session


def _refuse_draining(request: rpc.Request) -> Any:
    raise draining_refusal(request.method)


def _name_in(request: rpc.Request, field: str) -> str:
    name = request.params.get(field)
    if not isinstance(name, str) or not 0 < len(name) <= limits.NAME_LENGTH:
        raise rpc.invalid(request.method, field, name, f"a string of 1 to {limits.NAME_LENGTH} characters")
    return name


def _check_workspace(request: rpc.Request) -> Optional[str]:
    workspace = request.params.get("workspace")
    if workspace is not None and not (isinstance(workspace, str) and _is_directory(workspace)):
        raise rpc.invalid(request.method, "workspace", workspace, "a directory that exists")
    return workspace


def _is_directory(path: str) -> bool:
    try:
        return os.path.isdir(path)
    except ValueError:  # a NUL within
        return False
