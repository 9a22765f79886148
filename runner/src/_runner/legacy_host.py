"""What the deprecated dialect asks for, done by our own protocol's requests. Sans-I/O.

It plays the host of our protocol: the supervisor, the sessions and the kernels know nothing of the dialect.
"""

from __future__ import annotations

import time
from typing import Any, Callable, Iterator, Optional

from . import legacy, rpc
from .errors import ErrorCode, RpcError
from .frames import Frame
from .legacy_calls import OpenCalls
from .legacy_link import Link
from .legacy_requests import LATER, Later, Method, Note, Requests
from .legacy_results import Execution
from .legacy_work import Files, FileWork
from .messages import Message
from .signatures import is_name

SUBMIT = "SUBMIT"
_SESSION = "main"


def _silent(event: str, **facts: Any) -> None:
    """Notes nothing."""


class LegacyHost:
    """Lines of the dialect's host in and out, frames of the supervisor in and out. Confined to the supervisor's loop.

    One request after another: what comes meanwhile waits, except `interrupt` and answers to tool calls.
    """

    def __init__(
        self,
        files: Files,
        workspace: Optional[str],
        first_call: int,
        note: Note = _silent,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._files, self._workspace, self._note = files, workspace, note
        self._reader = legacy.LineReader()
        self._link = Link(self)
        self._calls = OpenCalls(self._link, first_call, files.virtual)
        self._session: Optional[int] = None
        self._opening = False
        self._when_open: Optional[Callable[[int], None]] = None
        self._tools: list[str] = []
        self._cells = 0
        self._execution: Optional[Execution] = None
        self._work = FileWork(files)
        self.ended = False
        methods: dict[str, Method] = {
            "execute": self._execute,
            "register_output_fields": lambda params: {},  # as in the dialect: nothing is checked against them
            "register_tools": self._register_tools,
            "register_runtime_hooks": self._register_hooks,
            **self._work.methods(),
            "reset": self._reset,
            "shutdown": self._shutdown,
        }
        self._requests = Requests(methods, note, clock)

    # --- in and out ---

    def feed(self, data: bytes) -> None:
        """Bytes from the host."""
        for line in self._reader.feed(data):
            if isinstance(line, legacy.Answer):
                self._calls.settle(line)
            elif isinstance(line, legacy.Unreadable):
                self._note("unreadable", id=line.id, why=line.why)
                if not self._calls.fail(line.id, line.why):
                    self._requests.say(legacy.error(line.id, legacy.failure("ValueError", line.why)))
            elif line.method == "interrupt":
                self._interrupt(line.id)
            else:
                self._requests.put(line)

    def take(self, frame: Frame) -> None:
        """A frame from the supervisor."""
        self._link.take(frame)

    def frames(self) -> Iterator[bytes]:
        """What is to go to the supervisor now."""
        return self._link.outgoing()

    def lines(self) -> list[bytes]:
        """What is to go to the host now."""
        return self._requests.lines()

    @property
    def working(self) -> bool:
        """Whether a request is being worked on here, in slices."""
        return self._work.waits

    def work(self) -> None:
        """Do the next slice."""
        self._work.go_on(self._requests)

    # --- the session ---

    def runner_greeted(self) -> None:
        if not self._opening:
            self._open()  # before it is asked for: the first request finds it ready

    def _open(self) -> None:
        self._opening = True
        params = {"name": _SESSION} if self._workspace is None else {"name": _SESSION, "workspace": self._workspace}
        self._link.ask("session.open", params, self._opened)

    def _opened(self, reply: rpc.Reply) -> None:
        self._opening = False
        action, self._when_open = self._when_open, None
        if reply.error is None:
            session = self._session = int(reply.result["session"])
            self._link.ask("tools.register", self._registration(session), lambda reply: None)
            if action is not None:
                waiting = action
                self._requests.attempt(lambda: waiting(session))
        elif action is not None:  # the next request that needs a session tries again
            self._requests.refuse(_refusal(reply.error))

    def _with_session(self, action: Callable[[int], None]) -> Later:
        """Do it now, or when there is a session."""
        if self._session is not None:
            action(self._session)
        else:
            self._when_open = action
            if not self._opening:
                self._open()
        return LATER

    def _registration(self, session: int) -> dict[str, Any]:
        tools: list[dict[str, Any]] = [{"name": name} for name in self._tools]
        if SUBMIT not in self._tools:
            tools.append({"name": SUBMIT, "submits": True})
        return {"session": session, "tools": tools}

    def _ask(self, method: str, params: dict[str, Any], value: Any) -> None:
        """Ask the supervisor for what is requested; where it agrees, this is the response's result."""

        def settled(reply: rpc.Reply) -> None:
            if reply.error is None:
                self._requests.respond(value)
            else:
                self._requests.refuse(_refusal(reply.error))

        self._link.ask(method, params, settled)

    # --- methods ---

    def _execute(self, params: dict[str, Any]) -> Later:
        execution = Execution(params)
        return self._with_session(lambda session: self._start(session, execution))

    def _start(self, session: int, execution: Execution) -> None:
        self._cells += 1
        execution.cell = self._cells
        self._link.operate(session, self._cells, execution.params(), execution.code, self._cell_ended)
        self._execution = execution

    def _cell_ended(self, reply: rpc.Reply) -> None:
        execution, self._execution = self._execution, None
        assert execution is not None
        self._calls.cell_ended(execution.cell)
        if reply.error is None:
            self._requests.conclude(*execution.response(self._requests.id, reply.result, self._files.virtual))
        else:
            self._requests.refuse(_refusal(reply.error))

    def _register_tools(self, params: dict[str, Any]) -> Later:
        names = params.get("tools")
        if not isinstance(names, list):
            raise ValueError(f"tools must be a list of names, not {type(names).__name__}")
        for name in names:
            if not is_name(name):
                raise ValueError(f"a tool's name must be an identifier and no keyword, not {name!r}")

        def register(session: int) -> None:
            self._tools = list(dict.fromkeys(names))
            self._ask("tools.register", self._registration(session), {})

        return self._with_session(register)

    def _register_hooks(self, params: dict[str, Any]) -> dict[str, Any]:
        if params.get("hooks") != []:
            raise ValueError("hooks: this runner offers no runtime hooks; an empty list is accepted")
        return {}

    def _reset(self, params: dict[str, Any]) -> Later:
        return self._with_session(lambda session: self._ask("reset", {"session": session}, {}))

    def _shutdown(self, params: dict[str, Any]) -> dict[str, Any]:
        if params.get("preserve_kernel_process"):
            raise ValueError(
                "preserve_kernel_process: this runner does not offer that, its kernels end with it; leave it out"
            )
        self.ended = True
        self._requests.end()
        return {"shutdown": True}

    def _interrupt(self, id: Any) -> None:
        """Heeded at once. Theirs reads it when nothing runs any more."""

        def tell(running: bool) -> None:
            self._requests.say(legacy.result(id, {"running": running}))

        execution = self._execution
        if execution is None:
            tell(False)
            return
        params = {"session": self._session, "cell": execution.cell, "graceMs": execution.grace_ms}
        self._link.ask("interrupt", params, lambda reply: tell(reply.error is None and bool(reply.result["running"])))

    # --- what the session says ---

    def session_wrote(self, stream: int, cell: int, data: bytes, *, late: bool) -> None:
        execution = self._execution
        if late or execution is None or execution.cell != cell:
            self._note("late_output", cell=cell, bytes=len(data))  # the dialect has no place for it
        else:
            execution.output(stream, data)

    def kernel_said(self, message: Message, said: rpc.Request) -> None:
        execution = self._execution
        here = execution if execution is not None and execution.cell == message.cell else None
        if said.method == "tool.call":
            if here is not None:
                here.tool_calls += 1
            line = self._calls.begin(message, said)
            if line is not None:
                self._requests.say(line)
        elif said.method == "tool.cancel":
            self._calls.cancel(message, said.params.get("id"))
        elif said.method == "cell.report" and here is not None:
            here.report(said.params, message.attachments)

    def generation_began(self, generation: int) -> None:
        self._calls.generation_began(generation)


def _refusal(error: Any) -> RpcError:
    """The supervisor's error, as it was raised there."""
    code = next(code for code in ErrorCode if code.number == error["code"])
    return RpcError(code, str(error["message"]))
