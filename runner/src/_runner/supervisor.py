"""The supervisor: owns the channel to the host and the kernels. Runs no user code, has one thread, never waits for one thing."""

from __future__ import annotations

import fcntl
import json
import os
import platform
import resource
import secrets
import shutil
import signal
import sys
import tempfile
import time
from collections import deque
from typing import Any, Optional

from . import evidence, limits, linux, rpc, version
from .channel import Sink
from .errors import ErrorCode, ProtocolError, RpcError
from .frames import Flag, Frame, FrameKind, FrameReader, InnerFlag, Lane, decode_credit, encode_credit, encode_fields
from .kernels import Kernel
from .loop import READ, Loop
from .messages import Message, MessageLedger, MessageReader, encoded_frames, first_envelope, read_head
from .session import LIVE, STDERR, STDOUT, Cell, SessionState
from .zygote import Zygote

_MESSAGE, _RELAY = int(FrameKind.MESSAGE), int(FrameKind.RELAY)
_FIRST, _LAST, _LATE = int(Flag.FIRST), int(Flag.LAST), int(Flag.LATE)
_CALL = int(InnerFlag.CALL)
_OPERATIONS = ("execute", "variable.get", "variable.set")
EXIT_PROTOCOL = 70


def main(home: str) -> int:
    inbound, outbound = _take_channel()
    try:
        os.setsid()  # a terminal's Ctrl-C is for the host, not for us
    except PermissionError:
        pass  # the leader of a group already
    linux.adopt_orphans()
    linux.hide_memory()
    _raise_file_limit()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    zygote = Zygote(home)  # before anything is read
    evidence.arm("supervisor")
    return Supervisor(inbound, outbound, zygote).run()


def _take_channel() -> tuple[int, int]:
    """Move the channel off the descriptors that programs write to and read from."""
    inbound, outbound = (fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, limits.PRIVATE_FD_MIN) for fd in (0, 1))
    null = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)
    os.set_blocking(inbound, False)
    os.set_blocking(outbound, False)
    return inbound, outbound


def _raise_file_limit() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = limits.FILES if hard == resource.RLIM_INFINITY else min(hard, limits.FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


class Session(SessionState):
    """A session with the kernel that runs it now."""

    kernel: Kernel
    opening: Any = None  # the id of the request that waits for the first kernel
    owned_workspace: bool = False
    resetting: Any = None


class Supervisor:
    METHODS = ("session.open", "session.close", "tools.register", "reset", "status", "shutdown")

    def __init__(self, inbound: int, outbound: int, zygote: Zygote) -> None:
        self._loop = Loop()
        self._inbound = inbound
        self._zygote = zygote
        self._frames = FrameReader()
        self._messages = MessageReader()
        self._ledger = MessageLedger()
        self._sink = Sink(self._loop, outbound, self._host_took, self._loop.stop)
        self._sessions: dict[int, Session] = {}
        self._by_pid: dict[int, Kernel] = {}
        self._old_pipes: deque[tuple[Session, int, int]] = deque()
        self._next_session = 1
        self._next_message = 1
        self._slowed = False
        self._status = 0
        self._started = time.monotonic()
        self._incarnation = secrets.token_hex(16)
        self._dropped = 0
        # Messages to sessions that were refused: the rest of their chunks is dropped.
        self._discarding: set[tuple[int, int, int]] = set()
        actions = (self._open, self._close, self._register, self._reset, self._tell_status, self._shutdown)
        self._methods = dict(zip(self.METHODS, actions))

    def run(self) -> int:
        self._loop.watch_children(self._child_ended)
        self._sink.send(encode_fields(FrameKind.HELLO, 0, 0, 0, 0, 0, 0, self._hello()))
        self._sink.flush()
        self._loop.on(self._inbound, READ, self._host_spoke)
        try:
            self._loop.run()
        finally:
            self._end()
        return self._status

    def _hello(self) -> bytes:
        return json.dumps(
            {
                "magic": "pyvisor",
                "protocol": limits.PROTOCOL_VERSION,
                "runner": version.RUNNER,
                "incarnation": self._incarnation,
                "pid": os.getpid(),
                "python": platform.python_version(),
                "implementation": sys.implementation.name,
                "limits": {"frame": limits.FRAME, "message": limits.MESSAGE},
                "capabilities": ["execute", "variables", "tools", "reset"],
            }
        ).encode("ascii")

    def _end(self) -> None:
        """Nothing of this runner is left: no process, no directory (LIF-9)."""
        self._sink.flush()
        self._zygote.close()
        left = linux.sweep(os.getpid(), limits.SWEEP_BUDGET)
        if left:
            print(f"pyvisor: these processes did not end: {left}", file=sys.stderr)
        for session in self._sessions.values():
            self._drop_workspace(session)

    # --- from the host ---

    def _host_spoke(self) -> None:
        try:
            data = os.read(self._inbound, limits.READ_SIZE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        try:
            if not data:
                self._loop.stop()
                self._frames.finish()
                return
            for frame in self._frames.feed(data):
                self._take(frame)
            if self._sink.queued > limits.OUTBOUND_MAX:
                raise ProtocolError("TRN-5", f"the host asks and has not read {self._sink.queued} bytes")
        except ProtocolError as error:
            self._refuse_host(error)
        self._sink.flush()

    def _refuse_host(self, error: ProtocolError) -> None:
        self._status = EXIT_PROTOCOL
        print(f"pyvisor: {error}", file=sys.stderr)
        refused = RpcError(ErrorCode.MALFORMED_FRAME, str(error), {"rule": error.rule})
        self._say(0, rpc.error(None, refused))
        self._loop.stop()

    def _take(self, frame: Frame) -> None:
        kind = frame.kind
        if kind == _RELAY:
            self._relay_to_kernel(frame)
        elif kind == _MESSAGE:
            self._operate(frame) if frame.session else self._control(frame)
        elif kind == FrameKind.CREDIT:
            self._credit(frame)
        elif kind == FrameKind.PING:
            if len(frame.body) > limits.PING_BODY:
                raise ProtocolError("FRM-5", f"a PING of {len(frame.body)} bytes is longer than {limits.PING_BODY}")
            self._sink.send(encode_fields(FrameKind.PONG, 0, 0, 0, 0, 0, 0, frame.body), urgent=True)
        elif kind != FrameKind.PONG:
            raise ProtocolError("FRM-5", f"a host does not send frames of kind {kind}")

    def _control(self, frame: Frame) -> None:
        if frame.flags & _FIRST and read_head(frame).payload > limits.CONTROL_MESSAGE:
            raise ProtocolError("FRM-11", f"a message of more than {limits.CONTROL_MESSAGE} bytes for the supervisor")
        message = self._messages.accept(frame)
        if message is not None:
            reply = rpc.answer(self._methods, message.envelope)
            if reply is not None:
                self._say(0, reply)

    def _credit(self, frame: Frame) -> None:
        lane, amount = decode_credit(frame)
        session = self._sessions.get(frame.session)
        if session is None:
            return
        stream = {Lane.STDOUT: STDOUT, Lane.STDERR: STDERR}.get(lane)
        if stream is None:
            raise ProtocolError("TRN-4", f"a host gives no credit on lane {lane}")
        session.purses[stream].fill(amount)
        self._listen_to_output(session)

    def _operate(self, frame: Frame) -> None:
        """A frame of a cell's request: the envelope is read, all that follows is passed on as bytes."""
        session = self._sessions.get(frame.session)
        self._ledger.accept(frame)
        key = (frame.channel, frame.message)
        if frame.flags & _FIRST and not self._admit(session, frame):
            self._discarding.add((frame.session, *key))
        if (frame.session, *key) in self._discarding:
            if frame.flags & _LAST:
                self._discarding.discard((frame.session, *key))
            if session is not None:
                self._discard(session, frame)
        elif session is not None:
            self._pass_on(session, 0, frame)

    def _admit(self, session: Optional[Session], frame: Frame) -> bool:
        """Begin the cell that this frame asks for, or say why not."""
        try:
            request = rpc.parse(first_envelope(frame))
        except rpc.Refusal as refusal:
            self._say(0, rpc.error(refusal.id, refusal.error))
            return False
        if not isinstance(request, rpc.Request):
            self._dropped += 1
            return False
        try:
            self._check_operation(session, request, frame)
        except RpcError as refused:
            if not request.is_notification:
                self._say(0, rpc.error(request.id, refused))
            return False
        assert session is not None
        session.begin(request.id, frame.cell)
        return True

    def _check_operation(self, session: Optional[Session], request: rpc.Request, frame: Frame) -> None:
        if request.method not in _OPERATIONS:
            known = ", ".join(_OPERATIONS)
            raise RpcError(ErrorCode.METHOD_NOT_FOUND, f"a session has no method {request.method!r}; there are {known}")
        if session is None:
            raise RpcError(ErrorCode.SESSION_NOT_FOUND, f"no session {frame.session}; session.open makes one")
        if not isinstance(request.params, dict):
            raise rpc.invalid(request.method, "params", request.params, "an object")
        if request.is_notification:
            raise RpcError(ErrorCode.INVALID_REQUEST, f"{request.method} needs an id")  # not sent (SES-6)
        if request.method != "execute" and not isinstance(request.params.get("name"), str):
            raise rpc.invalid(request.method, "name", request.params.get("name"), "a string")
        if not isinstance(request.params.get("value", False), bool):
            raise rpc.invalid(request.method, "value", request.params["value"], "a boolean")
        if session.cell is not None:
            raise RpcError(
                ErrorCode.INVALID_STATE, f"session {session.number} runs cell {session.cell.number}; wait for its reply"
            )
        if frame.cell <= session.last_cell:
            raise RpcError(
                ErrorCode.INVALID_ARGUMENT,
                f"cell numbers rise: {frame.cell} is not above {session.last_cell}",
            )

    def _relay_to_kernel(self, frame: Frame) -> None:
        session = self._sessions.get(frame.session)
        self._ledger.accept(frame)
        if session is None:
            return
        if frame.generation != session.generation:  # LIF-8
            self._dropped += 1
            self._discard(session, frame)
            return
        if frame.flags & _LAST:
            session.kernel.answered()
        self._pass_on(session, frame.channel, frame)

    def _pass_on(self, session: Session, channel: int, frame: Frame) -> None:
        cost = len(frame.body)
        session.till.take(cost)
        if not session.kernel.send(channel, encode_fields(*frame), cost):
            self._give_back(session, cost)

    def _discard(self, session: Session, frame: Frame) -> None:
        session.till.take(len(frame.body))
        self._give_back(session, len(frame.body))

    def _give_back(self, session: Session, amount: int) -> None:
        given = session.till.consume(amount)
        if given:
            self._sink.send(encode_credit(session.number, Lane.KERNEL, given), urgent=True)

    # --- methods ---

    def _open(self, request: rpc.Request) -> Any:
        params = request.params
        name, workspace, logging = params.get("name"), params.get("workspace"), params.get("logging")
        if not isinstance(name, str) or not 0 < len(name) <= limits.NAME_LENGTH:
            raise rpc.invalid("session.open", "name", name, f"a string of 1 to {limits.NAME_LENGTH} characters")
        if any(session.name == name for session in self._sessions.values()):
            raise RpcError(ErrorCode.INVALID_STATE, f"session.open: there is a session named {name!r} already")
        if logging is not None and (not isinstance(logging, str) or logging.upper() not in _LEVELS):
            raise rpc.invalid("session.open", "logging", logging, "one of " + ", ".join(_LEVELS))
        if workspace is not None and not (isinstance(workspace, str) and os.path.isdir(workspace)):
            raise rpc.invalid("session.open", "workspace", workspace, "a directory that exists")
        if len(self._sessions) >= limits.SESSIONS:
            raise RpcError(
                ErrorCode.RESOURCE_EXHAUSTED,
                f"there are {limits.SESSIONS} sessions already; close one first",
                {"limit": "sessions", "current": len(self._sessions), "max": limits.SESSIONS},
            )
        owned = workspace is None
        if workspace is None:
            workspace = tempfile.mkdtemp(prefix="workspace-", dir=os.environ.get("PYVISOR_DIR"))
        session = Session(self._next_session, name, os.path.abspath(workspace), logging)
        session.owned_workspace = owned
        session.opening = request.id
        self._next_session += 1
        self._sessions[session.number] = session
        self._start_kernel(session)
        return rpc.LATER

    def _close(self, request: rpc.Request) -> dict[str, Any]:
        session = self._session(request)
        if session.cell is not None:
            self._fail_cell(session, "the session was closed")
        kernel = session.kernel
        self._retire(session)
        for pid in list(linux.descendants(kernel.pid)) if kernel.pid else ():
            linux.kill(pid)
        kernel.kill()
        self._close_pipes(session, kernel)
        del self._sessions[session.number]
        self._drop_workspace(session)
        return {}

    def _register(self, request: rpc.Request) -> dict[str, Any]:
        session = self._session(request)
        tools = request.params.get("tools")
        if not isinstance(tools, list) or len(tools) > limits.TOOLS:
            raise rpc.invalid("tools.register", "tools", type(tools).__name__, f"a list of at most {limits.TOOLS}")
        for tool in tools:
            if not isinstance(tool, dict) or not isinstance(tool.get("name"), str) or not tool["name"].isidentifier():
                raise rpc.invalid("tools.register", "tools", tool, "a list of objects whose name is an identifier")
        session.tools = json.dumps(tools).encode("ascii")
        self._send_tools(session)
        return {}

    def _reset(self, request: rpc.Request) -> Any:
        session = self._session(request)
        if session.cell is not None:
            raise RpcError(ErrorCode.INVALID_STATE, f"session {session.number} runs cell {session.cell.number}")
        if session.resetting is not None or session.opening is not None:
            raise RpcError(ErrorCode.INVALID_STATE, f"session {session.number} is starting already")
        kernel = session.kernel
        self._retire(session)
        kernel.kill()
        self._keep_pipes(session, kernel)
        session.names = []
        self._start_kernel(session)
        session.resetting = request.id
        return rpc.LATER

    def _tell_status(self, request: rpc.Request) -> dict[str, Any]:
        return {
            "incarnation": self._incarnation,
            "uptimeMs": int((time.monotonic() - self._started) * 1000),
            "sessions": [
                {
                    "session": session.number,
                    "name": session.name,
                    "generation": session.generation,
                    "state": "busy" if session.cell else "idle" if session.kernel.ready else "starting",
                    "cell": session.last_cell,
                    "pid": session.kernel.pid,
                }
                for session in self._sessions.values()
            ],
        }

    def _shutdown(self, request: rpc.Request) -> dict[str, Any]:
        self._loop.stop()
        return {}

    def _session(self, request: rpc.Request) -> Session:
        number = request.params.get("session")
        if not isinstance(number, int) or isinstance(number, bool):
            raise rpc.invalid(request.method, "session", number, "the number of a session")
        session = self._sessions.get(number)
        if session is None:
            raise RpcError(ErrorCode.SESSION_NOT_FOUND, f"{request.method}: no session {number}")
        return session

    # --- kernels ---

    def _start_kernel(self, session: Session) -> None:
        session.generation += 1
        kernel = session.kernel = Kernel(self._loop, self, session.number, session.generation)
        config = {
            "session": session.number,
            "generation": session.generation,
            "workspace": session.workspace,
            "logging": session.logging,
        }
        self._zygote.fork(config, kernel.descriptors())
        kernel.born()
        kernel.timer = self._loop.after(limits.START_BUDGET, lambda: self._too_late(session, kernel))
        if session.tools != b"[]":
            self._send_tools(session)
        self._listen_to_output(session)

    def _send_tools(self, session: Session) -> None:
        number = self._number()
        envelope = rpc.notification("tools", {})
        message = Message(_MESSAGE, 0, session.number, session.generation, 0, number, envelope, [session.tools])
        for data in encoded_frames(message):
            session.kernel.main.sink.send(data)
        session.kernel.main.sink.flush()

    def _too_late(self, session: Session, kernel: Kernel) -> None:
        kernel.condemn(f"the kernel was not ready after {limits.START_BUDGET:g} s")
        if not kernel.pid:
            self._kernel_ended(kernel, 0)

    def kernel_said(self, kernel: Kernel, message: Message) -> None:
        session = self._sessions.get(kernel.session)
        if session is None or session.kernel is not kernel:
            return
        try:
            said = rpc.parse(message.envelope)
        except rpc.Refusal as refusal:
            raise ProtocolError("SES-2", refusal.error.message) from None
        if not isinstance(said, rpc.Request) or not isinstance(said.params, dict):
            raise ProtocolError("SES-2", "a kernel sends notifications only")
        if said.method == "ready":
            self._ready(session, kernel, said.params)
        elif said.method == "returned" and session.cell is not None and session.cell.outcome is None:
            outcome = said.params.get("outcome")
            if outcome not in ("completed", "raised", "submitted"):
                raise ProtocolError("LIF-5", f"a kernel cannot have the outcome {outcome!r}")
            session.cell.returned(outcome, _count(said.params.get("cpuNanos")))
        elif said.method == "done" and session.cell is not None and session.cell.outcome is not None:
            self._done(session, session.cell, kernel, said.params)
        else:
            raise ProtocolError("LIF-5", f"a kernel said {said.method!r} out of turn")
        self._sink.flush()

    def _ready(self, session: Session, kernel: Kernel, params: dict[str, Any]) -> None:
        pid = params.get("pid")
        if kernel.ready or not isinstance(pid, int) or not linux.is_child(pid) or pid in self._by_pid:
            raise ProtocolError("LIF-1", f"a kernel that is not ours says it is process {pid}")
        kernel.ready, kernel.pid = True, pid
        self._by_pid[pid] = kernel
        if kernel.timer is not None:
            kernel.timer.cancel()
        if session.opening is not None:
            id, session.opening = session.opening, None
            opened = {"session": session.number, "generation": session.generation, "workspace": session.workspace}
            self._say(0, rpc.result(id, opened))
        if session.resetting is not None:
            id, session.resetting = session.resetting, None
            self._say(0, rpc.result(id, {"generation": session.generation}))

    def _done(self, session: Session, cell: Cell, kernel: Kernel, params: dict[str, Any]) -> None:
        cell.peak_memory = _count(params.get("peakMemoryBytes"))
        names = params.get("names")
        if isinstance(names, list):
            session.names = [name for name in names[: limits.LOST_NAMES] if isinstance(name, str)]
        self._finish(session, cell, kernel)

    def _finish(self, session: Session, cell: Cell, kernel: Kernel) -> None:
        """The cell has ended: what its pipes hold at this moment is its last output (LIF-5)."""
        held = {stream: _held(kernel.pipes.get(stream)) for stream in (STDOUT, STDERR)}
        cell.ends_with(held[STDOUT], held[STDERR])
        for stream, size in held.items():
            if size:
                self._read_output(session, kernel, stream)
        if not cell.drained:  # no credit: what is late must wait for the rest
            self._listen_to_output(session)
        self._settle(session)

    def _settle(self, session: Session) -> None:
        """Send the terminal once all output has gone out."""
        cell, kernel = session.cell, session.kernel
        if cell is None or not cell.drained:
            return
        session.cell = None
        kernel.cell_ended()
        state = session.fresh_state() if kernel.ended else LIVE
        self._say(session.number, rpc.result(cell.id, cell.result(state)), cell.number, cell.generation)
        if kernel.ended:
            self._succeed(session, "crashed", state)

    def _succeed(self, session: Session, reason: str, state: dict[str, Any]) -> None:
        kernel = session.kernel
        self._keep_pipes(session, kernel)
        self._start_kernel(session)
        told = {"session": session.number, "generation": session.generation, "reason": reason, "state": state}
        self._say(session.number, rpc.notification("generation", told))

    def kernel_relayed(self, kernel: Kernel, frame: Frame) -> None:
        session = self._sessions.get(kernel.session)
        if session is None or session.kernel is not kernel:
            self._dropped += 1
            return
        number = session.cell_of_relay(frame.cell)
        if frame.flags & _CALL and session.cell is not None and session.cell.number == number:
            session.cell.tool_calls += 1
        flags = frame.flags & ~_CALL
        self._sink.send(
            encode_fields(
                _RELAY, flags, frame.channel, frame.session, frame.generation, number, frame.message, frame.body
            )
        )
        self._sink.flush()
        self._slow_down()

    def kernel_accepted(self, kernel: Kernel, cost: int) -> None:
        session = self._sessions.get(kernel.session)
        if session is not None:
            self._give_back(session, cost)
            self._sink.flush()

    # --- output ---

    def may_read(self) -> bool:
        return not self._slowed

    def _slow_down(self) -> None:
        """The host is behind: nothing more is read from kernels until it catches up."""
        if not self._slowed and self._sink.queued > limits.OUTBOUND_HIGH:
            self._slowed = True
            self._listen_everywhere()

    def _host_took(self, cost: int) -> None:
        if self._slowed and self._sink.queued < limits.OUTBOUND_LOW:
            self._slowed = False
            self._listen_everywhere()

    def _listen_everywhere(self) -> None:
        for session in list(self._sessions.values()):
            if session.kernel.fault is None:
                session.kernel.listen()
            self._listen_to_output(session)

    def _listen_to_output(self, session: Session) -> None:
        """Read the pipes that there is credit for; the others fill, and their writers wait (TRN-2)."""
        cell = session.cell
        for stream, fd in session.kernel.pipes.items():
            wanted = not self._slowed and session.purses[stream].left > 0
            if cell is not None and cell.rest is not None and not cell.rest[stream]:
                wanted = False
            self._loop.on(fd, READ, self._output_reader(session, session.kernel, stream) if wanted else None)
        for owner, fd, stream in self._old_pipes:
            if owner is session:
                wanted = not self._slowed and session.purses[stream].left > 0
                self._loop.on(fd, READ, self._old_reader(session, fd, stream) if wanted else None)

    def _output_reader(self, session: Session, kernel: Kernel, stream: int) -> Any:
        return lambda: self._output_ready(session, kernel, stream)

    def _output_ready(self, session: Session, kernel: Kernel, stream: int) -> None:
        self._read_output(session, kernel, stream)
        if session.cell is not None and session.cell.ending:
            self._settle(session)
            self._listen_to_output(session)
        self._sink.flush()

    def _read_output(self, session: Session, kernel: Kernel, stream: int) -> None:
        fd = kernel.pipes.get(stream)
        cell = session.cell
        ending = cell is not None and cell.rest is not None
        for _ in range(limits.READ_BATCH):
            purse = session.purses[stream]
            room = min(purse.left, limits.FRAME_BODY)
            if ending:
                room = min(room, cell.rest[stream])
            if fd is None or room <= 0 or self._slowed:
                break
            data = _read(fd, room)
            if data is None:
                break
            if not data:  # every writer has closed it
                self._close_pipe(kernel, stream)
                if ending:
                    cell.rest[stream] = 0
                break
            self._send_output(session, stream, data, cell)
            if len(data) < room and not ending:
                break
        if session.purses[stream].left <= 0 or self._slowed:
            self._listen_to_output(session)

    def _send_output(self, session: Session, stream: int, data: bytes, cell: Optional[Cell]) -> None:
        session.purses[stream].left -= len(data)
        flags = 0
        if cell is None:
            flags, number = _LATE, session.last_cell
        else:
            number = cell.number
            cell.take(stream, data)
        self._sink.send(encode_fields(stream, flags, 0, session.number, session.generation, number, 0, data))
        self._slow_down()

    def _old_reader(self, session: Session, fd: int, stream: int) -> Any:
        def read() -> None:
            room = min(session.purses[stream].left, limits.FRAME_BODY)
            data = _read(fd, room) if room > 0 else None
            if data == b"":
                self._loop.forget(fd)
                os.close(fd)
                self._old_pipes.remove((session, fd, stream))
            elif data:
                self._send_output(session, stream, data, None)
                self._sink.flush()
                self._listen_to_output(session)

        return read

    def _keep_pipes(self, session: Session, kernel: Kernel) -> None:
        """A descendant may hold the pipes of a kernel that has ended: they are drained until it lets go."""
        for stream, fd in kernel.pipes.items():
            self._old_pipes.append((session, fd, stream))
        kernel.pipes = {}
        while len(self._old_pipes) > 2 * limits.OLD_GENERATIONS:
            _, fd, _ = self._old_pipes.popleft()
            self._loop.forget(fd)
            os.close(fd)

    def _close_pipe(self, kernel: Kernel, stream: int) -> None:
        fd = kernel.pipes.pop(stream, None)
        if fd is not None:
            self._loop.forget(fd)
            os.close(fd)

    def _close_pipes(self, session: Session, kernel: Kernel) -> None:
        for stream in (STDOUT, STDERR):
            self._close_pipe(kernel, stream)
        for entry in [entry for entry in self._old_pipes if entry[0] is session]:
            self._loop.forget(entry[1])
            os.close(entry[1])
            self._old_pipes.remove(entry)

    # --- ends ---

    def _child_ended(self, pid: int, status: int) -> None:
        if pid == self._zygote.pid:
            print(f"pyvisor: the zygote ended with status {status}; the runner ends", file=sys.stderr)
            self._status = EXIT_PROTOCOL
            self._loop.stop()
            return
        kernel = self._by_pid.pop(pid, None) or self._unread_kernel(pid)
        if kernel is None:
            return  # an orphan that was adopted
        self._kernel_ended(kernel, status)
        self._sink.flush()

    def _unread_kernel(self, pid: int) -> Optional[Kernel]:
        """A kernel that ended before its `ready` was read, or before it said who it is: then its channel is closed."""
        for session in list(self._sessions.values()):
            if not session.kernel.ready:
                session.kernel.drain()
        if pid in self._by_pid:
            return self._by_pid.pop(pid)
        for session in self._sessions.values():
            if not session.kernel.ready and session.kernel.fault is not None:
                return session.kernel
        return None

    def _kernel_ended(self, kernel: Kernel, status: int) -> None:
        kernel.drain()
        kernel.pid = 0
        session = self._sessions.get(kernel.session)
        cause = kernel.cause(status)
        kernel.fault = kernel.fault or "the kernel has ended"
        kernel.close_sockets()
        if session is None or session.kernel is not kernel:
            return
        if not kernel.ready:
            self._never_ready(session, kernel, cause)
            return
        if session.cell is not None:
            if not session.cell.ending:
                session.cell.crashed(cause)
                self._finish(session, session.cell, kernel)
        else:
            self._succeed(session, "crashed", session.fresh_state())

    def _never_ready(self, session: Session, kernel: Kernel, cause: dict[str, Any]) -> None:
        """Refuse what waits for this kernel; a session without a kernel is closed."""
        words = _read(kernel.pipes[STDERR], limits.STATUS_DETAIL) if STDERR in kernel.pipes else b""
        detail = (words or b"").decode("utf-8", "replace").strip()
        refused = RpcError(
            ErrorCode.EXECUTION_FAILED,
            f"session {session.name!r}: the kernel ended before it was ready ({cause}); {detail or kernel.fault}",
        )
        for id in (session.opening, session.resetting, session.cell.id if session.cell else None):
            if id is not None:
                self._say(0, rpc.error(id, refused))
        self._close_pipes(session, kernel)
        del self._sessions[session.number]
        self._drop_workspace(session)

    def _fail_cell(self, session: Session, reason: str) -> None:
        cell, session.cell = session.cell, None
        if cell is not None:
            self._say(0, rpc.error(cell.id, RpcError(ErrorCode.KERNEL_DIED, reason)))

    def _retire(self, session: Session) -> None:
        """The kernel's end is expected: nobody is told of a crash."""
        kernel = session.kernel
        kernel.condemn("retired")
        self._by_pid.pop(kernel.pid, None)
        kernel.close_sockets()

    def _drop_workspace(self, session: Session) -> None:
        if session.owned_workspace:
            shutil.rmtree(session.workspace, ignore_errors=True)

    # --- to the host ---

    def _say(self, session: int, envelope: bytes, cell: int = 0, generation: int = 0) -> None:
        message = Message(_MESSAGE, 0, session, generation, cell, self._number(), envelope, ())
        for data in encoded_frames(message):
            self._sink.send(data)

    def _number(self) -> int:
        number = self._next_message
        self._next_message = number % limits.U32_MAX + 1
        return number


_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


def _held(fd: Optional[int]) -> int:
    return 0 if fd is None else linux.readable_bytes(fd)


def _read(fd: int, size: int) -> Optional[bytes]:
    """What is there; None where nothing is, b"" at the end."""
    try:
        return os.read(fd, size)
    except BlockingIOError:
        return None
    except OSError:
        return b""


def _count(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0
