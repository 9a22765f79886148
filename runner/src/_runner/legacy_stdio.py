"""`runner.pyz --stdio`, deprecated: a supervisor of ours behind lines of the old dialect (docs/STDIO.md)."""

from __future__ import annotations

import os
import socket
import sys
from typing import Callable, Optional

from . import limits, supervisor
from .channel import Sink
from .frames import FrameReader
from .legacy_files import ROOT_VARIABLES, SandboxFiles
from .legacy_host import LegacyHost
from .legacy_log import DebugLog
from .loop import READ, Loop

_EXIT_USAGE = 64
_WARNING = "pyvisor: --stdio is deprecated and goes with 1.0; pipe and websocket do what it does (docs/STDIO.md)"


def main(home: str) -> int:
    print(_WARNING, file=sys.stderr, flush=True)
    try:
        files = SandboxFiles(os.environ)
    except OSError as problem:
        print(f"pyvisor: {' or '.join(ROOT_VARIABLES)}: no directory can be made there: {problem}", file=sys.stderr)
        return _EXIT_USAGE
    os.environ[ROOT_VARIABLES[0]] = files.root  # cells find what the host mounted below it
    log = DebugLog(os.environ)
    try:
        loop, inbound, outbound, nursery = supervisor.settle_in(home)
        # As in the dialect: the number of a process, then that of the call.
        host = LegacyHost(files, _workspace(), (os.getpid() << 32) + 1, log.note)
        bridge = Bridge(loop, inbound, outbound, host)
        channel = bridge.far_end.fileno()
        try:
            return supervisor.Supervisor(loop, channel, channel, nursery).run() if bridge.begin() else _EXIT_USAGE
        finally:
            bridge.end()
    finally:
        files.close()


def _workspace() -> Optional[str]:
    """Cells run where the supervisor was started, as in the dialect."""
    try:
        return os.getcwd()
    except OSError:
        return None


class Bridge:
    """Carries bytes: lines on the host's side, frames on the supervisor's. Confined to the supervisor's loop.

    The supervisor has the far end of a socket pair, and takes that for its channel to a host.
    """

    def __init__(self, loop: Loop, inbound: int, outbound: int, host: LegacyHost) -> None:
        self._loop, self._inbound, self._host = loop, inbound, host
        self._near, self.far_end = socket.socketpair()
        for end in (self._near, self.far_end):
            end.setblocking(False)
        self._reader = FrameReader()
        self._lines = Sink(loop, outbound, self._host_took, self._close)
        self._frames = Sink(loop, self._near.fileno(), lambda cost: None, self._close)
        self._slowed = False  # the host is behind: nothing more is read from the supervisor until it catches up
        self._slicing = False
        self._closed = False

    def begin(self) -> bool:
        """Listen to both sides; False where the host's cannot be listened to."""
        self._loop.on(self._near.fileno(), READ, self._supervisor_spoke)
        try:
            self._loop.on(self._inbound, READ, self._host_spoke)
        except PermissionError:
            print("pyvisor: standard input must be a pipe or a socket", file=sys.stderr)
            return False
        return True

    def end(self) -> None:
        """Everything has ended: say what is left to be said."""
        self._lines.drain(limits.FLUSH_BUDGET)
        for end in (self._near, self.far_end):
            end.close()

    def _host_spoke(self) -> None:
        data = _read(self._inbound)
        if data == b"":
            self._close()
        elif data is not None:
            self._host.feed(data)
            self._pass_on()

    def _supervisor_spoke(self) -> None:
        data = _read(self._near.fileno())
        if data:
            for frame in self._reader.feed(data):
                self._host.take(frame)
            self._pass_on()

    def _pass_on(self) -> None:
        for data in self._host.frames():
            self._frames.send(data)
        for data in self._host.lines():
            self._lines.send(data)
        self._frames.flush()
        self._lines.flush()
        if self._host.ended:
            self._close()
        elif self._lines.queued > limits.OUTBOUND_HIGH and not self._slowed:
            self._listen(slowed=True)
        if self._host.working and not self._slicing and not self._closed:
            self._slicing = True
            self._loop.after(0, self._slice)

    def _slice(self) -> None:
        self._slicing = False
        self._host.work()
        self._pass_on()

    def _host_took(self, cost: int) -> None:
        if self._slowed and self._lines.queued < limits.OUTBOUND_LOW:
            self._listen(slowed=False)

    def _listen(self, *, slowed: bool) -> None:
        self._slowed = slowed
        if not self._closed:
            handler: Optional[Callable[[], None]] = None if slowed else self._supervisor_spoke
            self._loop.on(self._near.fileno(), READ, handler)

    def _close(self) -> None:
        """The host is gone or wants no more: the supervisor ends, with all that it started."""
        if self._closed:
            return
        self._closed = True
        for fd in (self._inbound, self._near.fileno(), self.far_end.fileno()):
            self._loop.forget(fd)
        self._frames.close()
        self._near.close()
        self._loop.stop()


def _read(fd: int) -> Optional[bytes]:
    """What is there; empty at the end of the stream, None where there is nothing yet."""
    try:
        return os.read(fd, limits.READ_SIZE)
    except BlockingIOError:
        return None
    except OSError:
        return b""
