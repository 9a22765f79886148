"""The kernel: the process that runs a session's user code. Its main thread serves one operation
after another.
"""

from __future__ import annotations

import _thread
import builtins
import faulthandler
import os
import resource
import socket
import sys
import time
import traceback
from typing import Any, Callable, NoReturn, Optional

from . import (
    branching,
    cells,
    display,
    evidence,
    gates,
    given_up,
    heap,
    jsontext,
    limits,
    linux,
    reports,
    snapshot,
    stdin,
    tool_errors,
)
from .calls import Calls
from .capture import Capture, write_all
from .decoder import decode_text
from .errors import RpcError
from .frames import FrameKind
from .frozen import Awakening
from .interrupts import Interrupts
from .keeper import Keeper
from .messages import Message
from .names import Names
from .page import Page, mapped
from .pristine import BUILTINS as __builtins__  # noqa: F401
from .signatures import is_name
from .submit import Submission
from .synced import Workspace
from .tools import Tools, not_awaited
from .tracebacks import describe
from .wire import Wire, WireBroken, WireClosed

_MESSAGE, _RELAY = int(FrameKind.MESSAGE), int(FrameKind.RELAY)
_EXIT_DEFECT = 70
_RECURSION_NEEDED = 1000  # frames that writing a report may take, above whatever the user allows
_exit, _getpid, _cpu, _usage, _SELF = (
    os._exit,
    os.getpid,
    time.process_time_ns,
    resource.getrusage,
    resource.RUSAGE_SELF,
)
_set_limit, _FILES = resource.setrlimit, resource.RLIMIT_NOFILE
_other_threads = _thread._count  # that Python has started
_get_recursion, _set_recursion = sys.getrecursionlimit, sys.setrecursionlimit

Operation = Callable[[], Optional[reports.Report]]


def run(
    main_socket: socket.socket,
    door: socket.socket,
    config: dict[str, Any],
    page: Optional[Page] = None,
) -> NoReturn:
    """Be the kernel of this process until the supervisor closes the socket."""
    try:
        kernel = Kernel(main_socket, door, config, page)
        kernel.serve()
    except WireBroken as broken:
        write_all(2, f"pyvisor: {broken}; the kernel ends\n".encode())
    except WireClosed:
        _exit(0)
    except BaseException:  # noqa: B902 - a defect here must be told before the process ends
        write_all(
            2,
            b"pyvisor: the kernel failed\n"
            + traceback.format_exc().encode("utf-8", "backslashreplace"),
        )
    finally:
        _exit(_EXIT_DEFECT)


class Kernel:
    """Confined to the process's main thread."""

    def __init__(
        self,
        main_socket: socket.socket,
        door: socket.socket,
        config: dict[str, Any],
        page: Optional[Page],
    ) -> None:
        self._pid = _getpid()
        session, generation = config["session"], config["generation"]
        self._wire = Wire(main_socket, session, generation)
        self._interrupts = Interrupts(page)
        self._calls = Calls(self._wire, door, session, generation, self._interrupts.check)
        self._cell = 0
        self._policy = config.get("checkpoint", "never")
        gates.know_limit(config.get("allowance", {}).get("memory"))
        self._changed_by = 0  # the last cell that may have changed the state
        self._unkept = False  # it has, and nothing is kept of that yet
        _enter(config["workspace"], session)
        stacks = evidence.arm(f"kernel-{session}")
        evidence.keep_open()
        heap.let_users_collect()
        self._capture = Capture()
        stdin.install()
        faulthandler.enable(2)
        tool_errors.install_module()
        display.install(display.Display(self._calls))
        os.register_at_fork(after_in_child=self._calls.after_fork)
        self._namespace = cells.new_main().__dict__
        self._compiler, self._sources = cells.Compiler(), cells.Sources()
        self._workspace = Workspace(config["workspace"])
        self._tools = Tools(self._calls, self._namespace, self._workspace)
        self._names = Names(self._namespace, self._tools.is_tool)
        self._methods: dict[str, Callable[[Message, dict[str, Any]], None]] = {
            "execute": self._execute,
            "variable.get": self._get,
            "variable.set": self._set,
            "tools": self._register,
            "keep": self._keep,
        }
        self._keeper = Keeper(self._calls, self._capture, self._names, self._namespace, stacks)
        if config.get("logging"):
            from . import logs  # `logging` costs milliseconds that most sessions need not pay

            logs.install(config["logging"], self._log)
        ready: dict[str, Any] = {"pid": self._pid}
        if config.get("snapshot") is not None:
            ready["restored"] = self._restore(config["snapshot"])
        self._say_ready(jsontext.dump(ready))

    def serve(self) -> NoReturn:
        receive, methods, load = self._calls.main.receive, self._methods, jsontext.load
        while True:
            while self._unkept and self._policy != "never":
                self._unkept = False
                self._keep_state(None)
            message = receive(self._stray)
            request = load(message.envelope)
            methods[request["method"]](message, request.get("params") or {})

    def _stray(self, raised: BaseException) -> None:
        """A signal, an alarm perhaps, came when the cell that it was for had ended: it must not cost the state."""
        self._sources.restore()
        text = "pyvisor: a signal handler raised while no cell ran\n" + describe(raised)["traceback"]
        write_all(2, text.encode("utf-8", "backslashreplace"))

    # --- operations ---

    def _execute(self, message: Message, params: dict[str, Any]) -> None:
        def operation() -> Optional[reports.Report]:
            _require_whole(params)
            source = cells.decode_source(bytes(message.attachments[0]))
            filename = cells.cell_file(message.cell)
            self._sources.keep(filename, source)
            codes, has_value = self._compiler.compile(
                source, filename, with_value=bool(params.get("value"))
            )
            value = cells.run(codes, self._namespace, self._interrupts)
            return reports.of_value(value) if has_value else None

        self._operate(message.cell, operation)

    def _get(self, message: Message, params: dict[str, Any]) -> None:
        def operation() -> reports.Report:
            name = params.get("name")
            if name not in self._namespace:
                raise NameError(f"name {name!r} is not defined")
            return reports.of_value(self._namespace[name])

        self._operate(message.cell, operation, changes=False)

    def _set(self, message: Message, params: dict[str, Any]) -> None:
        def operation() -> None:
            _require_whole(params)
            name = params.get("name")
            if not is_name(name):
                raise ValueError(
                    f"a variable's name must be an identifier and no keyword, not {name!r}"
                )
            self._namespace[name] = decode_text(
                bytes(message.attachments[0]), message.attachments[1:]
            )

        self._operate(message.cell, operation)

    def _register(self, message: Message, params: dict[str, Any]) -> None:
        self._tools.register(jsontext.load(bytes(message.attachments[0])))

    # --- its state ---

    def _keep(self, message: Message, params: dict[str, Any]) -> None:
        self._keep_state(params["id"])

    def _keep_state(self, number: Optional[int]) -> None:
        """Returns twice where it comes to a copy: the second time in that one, when it is the session's kernel."""
        awakening = self._keeper.keep(number, self._changed_by, self._policy)
        if awakening is not None:
            self._awake(awakening)

    def _awake(self, awakening: Awakening) -> None:
        """This is a copy, and takes over."""
        config = awakening.config
        main, door, out, err, page = awakening.descriptors
        linux.die_with_parent(config["supervisor"])
        linux.prefer_for_oom(limits.KERNEL_OOM_SCORE)
        session, generation = config["session"], config["generation"]
        main, door = linux.above(limits.PRIVATE_FD_MIN, main, door)
        self._pid = _getpid()
        self._policy = config["checkpoint"]
        self._calls.adopt(
            socket.socket(fileno=main), socket.socket(fileno=door), session, generation
        )
        self._capture.adopt(out, err)
        for fd in (out, err):
            os.close(fd)
        self._keeper.stacks = evidence.arm(f"kernel-{session}")
        self._interrupts.rebind(mapped(page))
        _set_limit(_FILES, awakening.files)
        _move(config, session)
        self._workspace.move(config["workspace"])
        self._unkept = True
        self._say_ready(b'{"pid":%d}' % self._pid)

    def _restore(self, data: bytes) -> list[str]:
        found = snapshot.load(data)
        self._namespace.update(found)
        return list(found)

    # --- a cell from its beginning to its end ---

    def _operate(self, cell: int, operation: Operation, *, changes: bool = True) -> None:
        if changes:
            self._changed_by, self._unkept = cell, True
        self._cell = cell
        self._calls.begin_cell(cell)
        self._capture.begin_cell()
        report, error = None, None
        started = _cpu()
        try:
            self._interrupts.begin_cell(cell)
            report = operation()
        except BaseException as raised:  # noqa: B902 - SystemExit and KeyboardInterrupt end the cell, not the kernel
            error = raised
        if _getpid() != self._pid:
            self._leave_child(error)
        allowed = _get_recursion()
        if allowed < _RECURSION_NEEDED:
            _set_recursion(_RECURSION_NEEDED)
        self._calls.end_cell()
        report, outcome = self._conclude(report, error)
        if report is not None:
            self._wire.send(_RELAY, report.envelope, report.attachments, cell=cell)
        self._capture.flush_replaced()  # within the deadline
        returned = b'{"outcome":"%b","cpuNanos":%d,"interrupted":%b}' % (
            outcome,
            _cpu() - started,
            b"true" if self._interrupts.delivered else b"false",
        )
        words = [_notification(b"returned", returned)]
        if _other_threads():  # one may keep the interpreter to itself: the supervisor has to know what it waits for
            self._wire.send_together(_MESSAGE, words, cell=cell)
            words = []
        self._interrupts.returned()
        self._capture.end_cell()
        self._interrupts.end_cell()
        names = self._names.changed()
        done = b'{"toolCalls":%d,"peakMemoryBytes":%d%b}' % (
            self._calls.made,
            _usage(_SELF).ru_maxrss * 1024,
            b"" if names is None else b"," + jsontext.dump(names)[1:-1],
        )
        words.append(_notification(b"done", done))
        self._wire.send_together(_MESSAGE, words, cell=cell)
        if allowed < _RECURSION_NEEDED:
            _set_recursion(allowed)

    def _conclude(
        self, report: Optional[reports.Report], error: Optional[BaseException]
    ) -> tuple[Optional[reports.Report], bytes]:
        forgotten = self._tools.take_unawaited()
        if type(error) is Submission:
            return reports.of_submission(error.fields), b"submitted"
        if error is None and not forgotten:
            return report, b"completed"
        self._sources.restore()
        if error is None:
            first = forgotten[0]
            return reports.of_error(not_awaited(first), first.place), b"raised"
        notes = [f"Note: {not_awaited(call)} (line {call.place.line})" for call in forgotten[:1]]
        return reports.of_error(error, None, notes), b"raised"

    def _leave_child(self, error: Optional[BaseException]) -> NoReturn:
        """A child that the cell forked came to the cell's end: it is no kernel, and ends as a
        program would.
        """
        status = 0
        if type(error) is SystemExit and (error.code is None or type(error.code) is int):
            status = (error.code or 0) & 0xFF
        elif error is not None:
            status = 1
        try:
            if error is not None and type(error) is not SystemExit:
                write_all(2, describe(error)["traceback"].encode("utf-8", "backslashreplace"))
            self._capture.flush()
        finally:
            _exit(status)

    # --- to the supervisor ---

    def _say_ready(self, params: bytes) -> None:
        self._wire.send(_MESSAGE, _notification(b"ready", params), cell=self._cell)

    def _log(self, logger: str, level: str, message: str) -> None:
        wire = self._calls.port()
        if wire is None:
            return  # a forked child has nobody to tell
        params = jsontext.dump({"logger": logger, "level": level, "message": message})
        try:
            wire.send(
                _RELAY, b'{"jsonrpc":"2.0","method":"log","params":%b}' % params, cell=self._cell
            )
        except (WireClosed, RpcError):
            pass


def _notification(method: bytes, params: bytes) -> bytes:
    return b'{"jsonrpc":"2.0","method":"%b","params":%b}' % (method, params)


def _move(config: dict[str, Any], session: int) -> None:
    """A branch has a directory of its own, with a copy of what was in the other where that is asked for."""
    linux.Tag(session).wear()
    origin, workspace = config.get("origin"), config["workspace"]
    if origin is None:
        return
    if config.get("files"):
        branching.copy(origin, workspace)
    try:
        inside = os.path.relpath(os.getcwd(), origin)
    except OSError:
        inside = "."  # its directory is gone
    if inside.split(os.sep)[0] == "..":
        return  # the cell went elsewhere
    target = os.path.join(workspace, inside)
    os.chdir(target if os.path.isdir(target) else workspace)


def _require_whole(params: dict[str, Any]) -> None:
    """REC-19: the supervisor had begun the cell before the rest of its request was given up."""
    if given_up.PARAM in params:
        raise ConnectionError(params[given_up.PARAM])


def _enter(workspace: str, session: int) -> None:
    """Make the process the user's: its directory, its arguments, its import path."""
    linux.Tag(session).wear()
    os.chdir(workspace)
    payload = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    sys.path[:] = ["", *(entry for entry in sys.path if os.path.abspath(entry) != payload)]
    sys.argv[:] = [""]
    for name in ("exit", "quit"):
        # `site` adds them for people at a prompt; here they would close sys.stdin before they
        # raise.
        if hasattr(builtins, name):
            setattr(builtins, name, _leaver(name))


def _leaver(name: str) -> Callable[..., NoReturn]:
    def leave(code: Any = None) -> NoReturn:
        raise SystemExit(code)

    leave.__name__ = leave.__qualname__ = name
    return leave
