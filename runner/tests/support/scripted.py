"""A kernel played by the test: the supervisor's session with its real sockets and pipes, and nobody in a hurry at the other ends."""

from __future__ import annotations

import json
import os
import signal
import socket
from collections import deque
from typing import Any, Callable, Optional, Sequence

from _runner import limits, linux, page, rpc
from _runner.allowance import NONE
from _runner.frames import Flag, Frame, FrameKind, FrameReader
from _runner.linux import Ended
from _runner.loop import Loop
from _runner.messages import Message, MessageReader, encoded_frames, read_head
from _runner.nursery import Awaited
from _runner.outbound import Outbound
from _runner.removals import Removals
from _runner.session import SessionState
from _runner.sessions import Session

# Bounds one wait on a loaded machine.
PATIENCE = 20.0
MESSAGE, RELAY = int(FrameKind.MESSAGE), int(FrameKind.RELAY)
STDOUT, STDERR = int(FrameKind.STDOUT), int(FrameKind.STDERR)


class ScriptedKernel:
    """The kernel's ends. Its process only waits to be killed."""

    def __init__(self, config: dict[str, Any], descriptors: Sequence[int], awaited: Awaited) -> None:
        main, door, self.out, self.err = (os.dup(fd) for fd in descriptors[:4])
        self.main, self.door = socket.socket(fileno=main), socket.socket(fileno=door)
        self.config, self._awaited = config, awaited
        self._numbers = 0
        parent = os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            linux.die_with_parent(parent)
            os.closerange(0, 1024)  # it must hold no end of anything
            signal.pause()
            os._exit(0)

    def born(self) -> None:
        self._awaited.on_born(self.pid, None)

    def fail(self, why: str) -> None:
        self._awaited.on_failed(why)

    def say(self, method: str, **params: Any) -> None:
        self.send(MESSAGE, rpc.notification(method, params))

    def send(self, kind: int, envelope: bytes, flags: int = 0, cell: int = 0, way: Optional[socket.socket] = None) -> None:
        self._numbers += 1
        for data in encoded_frames(Message(kind, 0, 9, 9, cell, self._numbers, envelope), flags):
            (way or self.main).sendall(data)

    def done(self, outcome: str = "completed", **params: Any) -> None:
        self.say("returned", outcome=outcome, cpuNanos=1)
        self.say("done", toolCalls=0, peakMemoryBytes=2, **params)

    def open_channel(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self.door, [b"channel"], [theirs.fileno()])
        return ours

    def die(self, status: int = 9) -> Ended:
        """End the process and its ends; returns what the supervisor would be told of it."""
        self.close()
        return Ended(self.pid, status, 4096)

    def close(self) -> None:
        try:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        except (ProcessLookupError, ChildProcessError):
            pass
        self.main.close()
        self.door.close()
        self.close_output()

    def close_output(self) -> None:
        outputs, self.out, self.err = (self.out, self.err), -1, -1
        for fd in outputs:
            if fd >= 0:
                os.close(fd)


class ScriptedNursery:
    """Hands each birth to the test."""

    def __init__(self) -> None:
        self.kernels: list[ScriptedKernel] = []
        self.allowance = NONE

    def fork(self, config: dict[str, Any], descriptors: Sequence[int], awaited: Awaited) -> None:
        self.kernels.append(ScriptedKernel(config, descriptors, awaited))

    def listen(self) -> None:
        self.kernels[-1].born()


class Stage:
    """One session, its scripted kernels, and the host's end. Use as a context manager."""

    def __init__(self) -> None:
        self.loop, self.nursery = Loop(), ScriptedNursery()
        self._host, theirs = socket.socketpair()
        self._theirs = theirs
        theirs.setblocking(False)
        self._host.setblocking(False)
        self.outbound = Outbound(self.loop, theirs.fileno(), self._pace, self.loop.stop)
        self.loop.before_wait = self.outbound.flush
        self.state = SessionState(1, "main", "/", None)
        self.closed = False
        self.session = Session(
            self.state,
            self.loop,
            self.outbound,
            self.nursery,  # type: ignore[arg-type]
            deque(),
            self._on_closed,
            page.create(),
            Removals(self.loop),
        )
        self._frames, self._messages = FrameReader(), MessageReader()
        self.seen: list[str] = []
        self.frames: list[Frame] = []
        self.envelopes: list[dict[str, Any]] = []
        self._ids = 100
        self._timed_out = False

    def __enter__(self) -> Stage:
        return self

    def __exit__(self, *_: Any) -> None:
        if self.session.kernel is not None:
            self.session.kernel.close()
        if not self.closed:
            self.session.abandon()
        for kernel in self.nursery.kernels:
            kernel.close()
        self._host.close()
        self._theirs.close()

    @property
    def kernel(self) -> ScriptedKernel:
        return self.nursery.kernels[-1]

    def open(self) -> ScriptedKernel:
        """A session whose first kernel is ready."""
        self.session.open(self.request("session.open"))
        self.kernel.born()
        self.kernel.say("ready", pid=self.kernel.pid)
        self.until(lambda: "reply" in self.seen)
        self.seen.clear()
        return self.kernel

    def request(self, method: str) -> rpc.Request:
        self._ids += 1
        return rpc.Request(method, {}, self._ids)

    def execute(self, cell: int, size: int = 1, number: Optional[int] = None) -> list[Frame]:
        """Begin a cell; returns the frames of its request that were not passed on yet."""
        envelope = json.dumps({"jsonrpc": "2.0", "id": cell, "method": "execute", "params": {}}).encode("ascii")
        message = Message(MESSAGE, 0, 1, 0, cell, number or cell, envelope, [b"x" * size])
        reader = FrameReader()
        frames = [frame for data in encoded_frames(message) for frame in reader.feed(data)]
        self.session.intake.operate(frames[0], read_head(frames[0]))
        return frames[1:]

    def until(self, condition: Callable[[], Any]) -> None:
        """Let the supervisor's side and the host's go on until it is so."""
        timer = self.loop.after(PATIENCE, self._give_up)
        self.loop.on(self._host.fileno(), 1, self._read)
        while not condition():
            assert not self._timed_out, f"nothing within {PATIENCE} s; seen: {self.seen}"
            self.loop.turn()
        timer.cancel()
        self.loop.forget(self._host.fileno())

    def settle(self) -> None:
        """Until all that was said before is dealt with: nothing is readable, nothing is left to be written."""
        done: list[bool] = []
        for _ in range(3):
            done.clear()
            self.loop.after(0, lambda: done.append(True))
            self.until(lambda: done)

    def _give_up(self) -> None:
        self._timed_out = True

    def _pace(self) -> None:
        self.session.pace()

    def _on_closed(self, session: Session) -> None:
        self.closed = True

    def _read(self) -> None:
        for frame in self._frames.feed(self._host.recv(limits.READ_SIZE)):
            self.frames.append(frame)
            if frame.kind in (STDOUT, STDERR):
                late = "late " if frame.flags & Flag.LATE else ""
                self.seen.append(f"{late}{'out' if frame.kind == STDOUT else 'err'} {frame.body.decode()}")
            elif frame.kind in (MESSAGE, RELAY):
                message = self._messages.accept(frame)
                if message is not None:
                    envelope = json.loads(message.envelope)
                    self.envelopes.append(envelope)
                    self.seen.append(_name(envelope))


def _name(envelope: dict[str, Any]) -> str:
    if "method" in envelope:
        return str(envelope["method"])
    if "error" in envelope:
        return str(envelope["error"]["data"]["code"])
    return str(envelope["result"].get("outcome", "reply"))
