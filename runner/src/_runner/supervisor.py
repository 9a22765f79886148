"""The supervisor: owns the channel to the host, and the kernels. Runs no user code, has one thread, waits in one place."""

from __future__ import annotations

import fcntl
import json
import os
import resource
import signal
import sys
from collections import deque
from typing import Any, Optional

from . import evidence, limits, linux, page, rpc, version, workspaces
from .allowance import Allowance, Unusable
from .control import Control
from .errors import ErrorCode, ProtocolError, RpcError
from .frames import Flag, Frame, FrameKind, FrameReader, Lane, decode_credit
from .intake import check_operation
from .loop import READ, Loop
from .messages import Head, MessageLedger, MessageReader, first_envelope, read_head
from .nursery import Nursery
from .outbound import Outbound
from .output import Pipe
from .removals import Removals
from .session import STDERR, STDOUT, SessionState
from .sessions import Session

_MESSAGE, _RELAY = int(FrameKind.MESSAGE), int(FrameKind.RELAY)
_FIRST, _WHOLE = int(Flag.FIRST), int(Flag.FIRST | Flag.LAST)
_STREAMS = {int(Lane.STDOUT): STDOUT, int(Lane.STDERR): STDERR}
_CAPABILITIES = ("execute", "variables", "tools", "reset", "interrupt", "checkpoints", "files")
_EXIT_USAGE = 64
_EXIT_PROTOCOL = 70


def main(home: str) -> int:
    return Supervisor(*settle_in(home)).run()


def settle_in(home: str) -> tuple[Loop, int, int, Nursery]:
    """Make this process a supervisor's: its loop, the channel that it was started with, and where its kernels come from."""
    allowed = _allowance()
    inbound, outbound = _take_channel()
    try:
        os.setsid()  # a terminal's Ctrl-C is for the host, not for us
    except PermissionError:
        pass  # the leader of a group already
    linux.adopt_orphans()
    linux.Tag.shed()
    os.environ.pop("PWD", None)  # where this process began is not where cells run
    linux.hide_memory()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    file_limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    loop = Loop()
    nursery = Nursery(loop, home, file_limits, allowed)  # before anything is read
    _raise_file_limit(*file_limits)
    evidence.arm("supervisor")
    return loop, inbound, outbound, nursery


def _allowance() -> Allowance:
    """Ends the process where it cannot be held to: a limit that would not hold is refused before anything runs."""
    try:
        return Allowance.taken(os.environ).moved(limits.PRIVATE_FD_MIN)
    except Unusable as problem:
        print(f"pyvisor: {problem}", file=sys.stderr)
        sys.exit(_EXIT_USAGE)


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


def _raise_file_limit(soft: int, hard: int) -> None:
    wanted = limits.FILES if hard == resource.RLIM_INFINITY else min(hard, limits.FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


class Supervisor:
    """Routes what the host sends, and knows whose process has ended."""

    def __init__(self, loop: Loop, inbound: int, outbound: int, nursery: Nursery) -> None:
        self._loop, self._nursery = loop, nursery
        self._take_host(inbound, outbound)
        self._control = Control(self)
        self.sessions: dict[int, Session] = {}
        self._next_session = 1
        self._retired_pipes: deque[Pipe] = deque()
        self._status = 0
        self._removals = Removals(loop)
        self.draining = False  # what would begin something new is refused
        self.drain_incomplete = 0
        self.lost_cells = 0  # that ended because their host was gone, or the runner was told to end

    def _take_host(self, inbound: int, outbound: int) -> None:
        """Whoever is at the other end knows nothing of what was said to another."""
        self._inbound = inbound
        self._frames = FrameReader()
        self._messages = MessageReader()
        self._ledger = MessageLedger()
        self._outbound = Outbound(self._loop, outbound, self._pace, self._loop.stop)
        self.incarnation = os.urandom(16).hex()
        self._greeted = False

    def run(self) -> int:
        self._loop.watch_children(self._child_ended)
        signal.signal(signal.SIGTERM, lambda number, frame: self._loop.signalled())
        try:
            self._greet()
        except PermissionError:
            print("pyvisor: standard input must be a pipe or a socket", file=sys.stderr)
            return _EXIT_USAGE
        try:
            self._loop.run()
        finally:
            self._end()
        return self._status

    def _greet(self) -> None:
        self._greeted = True
        self._loop.before_wait = self._outbound.flush
        self._outbound.frame(FrameKind.HELLO, 0, 0, 0, 0, 0, 0, self._hello())
        self._loop.on(self._inbound, READ, self._host_spoke)

    def renew(self, channel: int) -> str:
        """Another host is served on this channel; returns the incarnation that it is told.

        What the last one had ends, and nothing that is still said of it is heard. The new one is greeted when nothing of
        it is left, so that two hosts' kernels never work side by side.
        """
        self._loop.forget(self._inbound)
        self._outbound.close()
        self._take_host(channel, channel)
        self.dismiss()
        self._greet_when_alone()
        return self.incarnation

    def _greet_when_alone(self) -> None:
        """Once; where the last session of the host before ends within its dismissal, that has done it."""
        if not self.sessions and not self._greeted:
            self._greet()

    def dismiss(self) -> None:
        """All sessions end; nobody waits for it."""
        for session in list(self.sessions.values()):
            self.lost_cells += session.state.cell is not None
            session.dismiss()

    @property
    def running(self) -> int:
        """How many cells do."""
        return sum(session.state.cell is not None for session in self.sessions.values())

    @property
    def unsaid(self) -> int:
        """Bytes for the host that have not left the supervisor."""
        return self._outbound.queued

    def stop(self) -> None:
        self._loop.stop()

    def reply(self, envelope: bytes) -> None:
        self._outbound.say(0, envelope)

    def facts(self) -> dict[str, Any]:
        """What the supervisor knows of itself, for a report of what hangs."""
        return {
            "pid": os.getpid(),
            "uptimeMs": self._control.uptime_ms(),
            "outboundBytes": self._outbound.queued,
            "sessions": len(self.sessions),
            "draining": self.draining,
            "drainIncomplete": self.drain_incomplete,
            "lostCells": self.lost_cells,
            "creditStalls": self._outbound.credit_stalls,
        }

    def totals(self) -> dict[str, int]:
        """What it has done by now, and what it does."""
        return {
            "sessions": len(self.sessions),
            "cells": sum(session.state.last_cell for session in self.sessions.values()),
            "runningCells": self.running,
        }

    def status(self) -> dict[str, Any]:
        """The same, with what each session does."""
        return {**self.facts(), **self._control.status()}

    def new_session(
        self, name: str, workspace: Optional[str], logging: Optional[str], policy: str = "auto"
    ) -> Session:
        try:
            shared = page.create()
        except OSError as problem:
            raise RpcError(ErrorCode.RESOURCE_EXHAUSTED, f"no memory to share with kernels: {problem}") from None
        number, self._next_session = self._next_session, self._next_session + 1
        path = workspaces.make() if workspace is None else os.path.abspath(workspace)
        state = SessionState(number, name, path, logging, policy)
        session = Session(
            state, self._loop, self._outbound, self._nursery, self._retired_pipes, self._forget, shared, self._removals
        )
        session.owns_workspace = workspace is None or workspaces.was_private(path)
        if workspace is not None:
            session.files.sweep()
        self.sessions[number] = session
        return session

    def _forget(self, session: Session) -> None:
        self.sessions.pop(session.state.number, None)
        self._ledger.forget_session(session.state.number)
        self._greet_when_alone()

    def _hello(self) -> bytes:
        hello = {
            "magic": "pyvisor",
            "protocol": limits.PROTOCOL_VERSION,
            "runner": version.RUNNER,
            "incarnation": self.incarnation,
            "pid": os.getpid(),
            "python": sys.version.split()[0],
            "implementation": sys.implementation.name,
            "limits": {"frame": limits.FRAME, "message": limits.MESSAGE},
            "capabilities": [*_CAPABILITIES, *self._nursery.allowance.held],
        }
        return json.dumps(hello, separators=(",", ":")).encode("ascii")

    def _end(self) -> None:
        """Nothing of this runner is left: no process, no directory (LIF-9)."""
        self.lost_cells += self.running
        self._outbound.last_words(limits.FLUSH_BUDGET)
        left = linux.sweep(os.getpid(), limits.SWEEP_BUDGET)
        if left:
            print(f"pyvisor: these processes did not end: {left}", file=sys.stderr)
        self._removals.finish()
        for session in self.sessions.values():
            session.files.close()
            session.drop_workspace()
        self._nursery.allowance.drop_groups()

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
            if self._outbound.queued > limits.OUTBOUND_MAX:
                raise ProtocolError("TRN-5", f"the host asks and has not read {self._outbound.queued} bytes")
        except ProtocolError as error:
            self._refuse_host(error)

    def _refuse_host(self, error: ProtocolError) -> None:
        self._status = _EXIT_PROTOCOL
        print(f"pyvisor: {error}", file=sys.stderr)
        refused = RpcError(ErrorCode.MALFORMED_FRAME, str(error), {"rule": error.rule})
        self._outbound.say(0, rpc.error(None, refused))
        self._loop.stop()

    def _take(self, frame: Frame) -> None:
        kind = frame.kind
        if kind == _RELAY or (kind == _MESSAGE and frame.session):
            self._route(frame)
        elif kind == _MESSAGE:
            self._answer(frame)
        elif kind == FrameKind.CREDIT:
            self._credit(frame)
        elif kind == FrameKind.PING:
            if len(frame.body) > limits.PING_BODY:
                raise ProtocolError("FRM-5", f"a PING of {len(frame.body)} bytes is longer than {limits.PING_BODY}")
            self._outbound.pong(frame.body)
        elif kind != FrameKind.PONG:
            raise ProtocolError("FRM-5", f"a host does not send frames of kind {kind}")

    def _route(self, frame: Frame) -> None:
        if frame.message >= limits.SUPERVISOR_NUMBERS:
            raise ProtocolError("FRM-12", f"message number {frame.message} is the supervisor's")
        session = self.sessions.get(frame.session)
        head = self._count_in(frame) if session is None else self._ledger.accept(frame)
        if session is not None:
            session.intake.relay(frame) if frame.kind == _RELAY else session.intake.operate(frame, head, self.draining)
        elif frame.kind == _MESSAGE and head is not None:
            self._refuse_operation(frame, head)

    def _count_in(self, frame: Frame) -> Optional[Head]:
        """A chunk for a session that is not there: one that has ended need not be told anything to its end (LIF-8)."""
        if frame.session >= self._next_session or frame.flags & _WHOLE == _WHOLE:
            return self._ledger.accept(frame)
        return read_head(frame) if frame.flags & _FIRST else None

    def _refuse_operation(self, frame: Frame, head: Head) -> None:
        try:
            request = rpc.parse(first_envelope(frame, head))
        except rpc.Refusal as refusal:
            self._outbound.say(0, rpc.error(refusal.id, refusal.error))
            return
        if not isinstance(request, rpc.Request) or request.is_notification:
            return
        try:
            check_operation(request)
            raise RpcError(ErrorCode.SESSION_NOT_FOUND, f"no session {frame.session}; session.open makes one")
        except RpcError as refused:
            self._outbound.say(0, rpc.error(request.id, refused))

    def _answer(self, frame: Frame) -> None:
        if frame.flags & _WHOLE == _FIRST and read_head(frame).payload > limits.CONTROL_MESSAGE:
            raise ProtocolError("FRM-11", f"a message of more than {limits.CONTROL_MESSAGE} bytes for the supervisor")
        message = self._messages.accept(frame)
        if message is not None:
            reply = self._control.answer(message.envelope, message.attachments)
            if reply is not None:
                self._outbound.say(0, reply)

    def _credit(self, frame: Frame) -> None:
        lane, amount = decode_credit(frame)
        stream = _STREAMS.get(lane)
        if stream is None:
            raise ProtocolError("TRN-4", f"a host gives no credit on lane {lane}")
        session = self.sessions.get(frame.session)
        if session is not None:
            session.credit(stream, amount)

    # --- what happens by itself ---

    def _pace(self) -> None:
        for session in list(self.sessions.values()):
            session.pace()

    def _child_ended(self, ended: linux.Ended) -> None:
        self._nursery.listen()  # it may be a kernel whose number was told but not read yet
        for session in list(self.sessions.values()):
            kernel = session.kernel_of(ended.pid)
            if kernel is not None:
                session.kernel_ended(kernel, ended)
                return
        self._nursery.child_ended(ended)
        for session in list(self.sessions.values()):
            session.relative_ended()
