"""A supervisor for the tests of the kernel: forks one kernel, talks to it, answers its tool calls.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import json
import os
import select
import shutil
import signal
import socket
import struct
import sys
import tempfile
import termios
import textwrap
import time
import warnings
from typing import Any, Callable, Iterator, NamedTuple, Optional, Sequence

from _runner import kernel
from _runner.frames import FrameKind, FrameReader, InnerFlag
from _runner.messages import Message, MessageReader, encoded_frames
from _runner.page import Page

# Bounds one wait on a loaded machine.
PATIENCE = 20.0
_RELAY = int(FrameKind.RELAY)
_CALL = int(InnerFlag.CALL)


class Ended(Exception):
    """The kernel closed its socket."""


class Said(NamedTuple):
    """A message of the kernel and the channel that it came by."""

    channel: int
    message: Message
    envelope: dict[str, Any]


class Done(NamedTuple):
    """A finished operation."""

    outcome: str
    out: str
    err: str
    value: Optional[dict[str, Any]]
    error: Optional[dict[str, Any]]
    returned: dict[str, Any]
    done: dict[str, Any]
    attachments: Sequence[bytes]


class KernelHost:
    """One kernel in a process of its own. Use as a context manager."""

    def __init__(
        self,
        logging: Optional[str] = None,
        before: Optional[Callable[[], Any]] = None,
        page: Optional[Page] = None,
    ) -> None:
        self.workspace = tempfile.mkdtemp(prefix="kernel-test-")
        self.said: list[Said] = []
        self.tools: dict[str, Callable[..., Any]] = {}
        self.on_call: Optional[Callable[[Said], None]] = None
        self._numbers, self._cell, self._opened = 0, 0, 0
        self._out = {1: bytearray(), 2: bytearray()}
        main, theirs = socket.socketpair()
        self._door, their_door = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        pipes = [os.pipe(), os.pipe()]
        sys.stdout.flush()
        self.pid = os.fork()
        if self.pid == 0:
            gc.freeze()  # garbage of other tests would close descriptors that have other owners here
            try:
                os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
                os.dup2(pipes[0][1], 1)
                os.dup2(pipes[1][1], 2)
                main.close()
                self._door.close()
                for pair in pipes:
                    os.close(pair[0])
                    os.close(pair[1])
                _shed({0, 1, 2, theirs.fileno(), their_door.fileno()})
                if before is not None:
                    before()
                config = {
                    "session": 3,
                    "generation": 2,
                    "workspace": self.workspace,
                    "logging": logging,
                }
                kernel.run(theirs, their_door, config, page)
            finally:
                os._exit(99)
        theirs.close()
        their_door.close()
        for pair in pipes:
            os.close(pair[1])
        self._pipes = {pipes[0][0]: 1, pipes[1][0]: 2}
        self.channels = {0: main}
        self._readers = {0: (FrameReader(), MessageReader())}
        self._queues: dict[int, bytearray] = {}
        self.status: Optional[int] = None

    def __enter__(self) -> KernelHost:
        self.wait_for(lambda: self._last("ready"))
        return self

    def __exit__(self, *_: Any) -> None:
        for channel in self.channels.values():
            channel.close()
        self._door.close()
        for fd in self._pipes:
            os.close(fd)
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        shutil.rmtree(self.workspace, ignore_errors=True)

    # --- operations ---

    def execute(self, code: str, value: bool = False) -> Done:
        self.start(code, value)
        return self.finish()

    def start(self, code: str, value: bool = False) -> None:
        """Send a cell; its text may be an indented block."""
        text = textwrap.dedent(code).strip("\n ") if code.startswith("\n") else code
        self.operate("execute", {"value": value}, [text.encode("utf-8", "surrogatepass")])

    def get(self, name: Any) -> Done:
        self.operate("variable.get", {"name": name})
        return self.finish()

    def set(self, name: Any, document: Any, attachments: Sequence[bytes] = ()) -> Done:
        self.operate("variable.set", {"name": name}, [json.dumps(document).encode(), *attachments])
        return self.finish()

    def register(self, *tools: dict[str, Any]) -> None:
        self.send({"jsonrpc": "2.0", "method": "tools", "params": {}}, [json.dumps(tools).encode()])

    def operate(
        self, method: str, params: dict[str, Any], attachments: Sequence[bytes] = ()
    ) -> None:
        self._cell += 1
        self.said.clear()
        self._out = {1: bytearray(), 2: bytearray()}
        self.send(
            {"jsonrpc": "2.0", "id": self._cell, "method": method, "params": params}, attachments
        )

    def finish(self) -> Done:
        self.wait_for(lambda: self._last("done"))
        for fd in self._pipes:
            while _waiting(fd):
                self._drain(fd)
        for said in self.said:
            assert said.message.cell == self._cell, (said, self._cell)
        report = self._last("cell.report")
        params = report.envelope["params"] if report else {}
        returned, done = self._last("returned"), self._last("done")
        assert returned and done
        return Done(
            returned.envelope["params"]["outcome"],
            *(bytes(self._out[n]).decode("utf-8") for n in (1, 2)),
            params.get("value"),
            params.get("error"),
            returned.envelope["params"],
            done.envelope["params"],
            report.message.attachments if report else (),
        )

    # --- wire ---

    def send(
        self,
        envelope: dict[str, Any],
        attachments: Sequence[bytes] = (),
        channel: int = 0,
        kind: int = 2,
    ) -> None:
        self._numbers += 1
        body = json.dumps(envelope).encode()
        for frame in encoded_frames(
            Message(kind, channel, 3, 2, self._cell, self._numbers, body, attachments)
        ):
            self._queues.setdefault(channel, bytearray()).extend(frame)
        self._write(channel)

    def answer(self, call: Said, result: Any) -> None:
        self.send(
            {"jsonrpc": "2.0", "id": call.envelope["id"], "result": result},
            channel=call.channel,
            kind=_RELAY,
        )

    def refuse(self, call: Said, error: dict[str, Any]) -> None:
        self.send(
            {"jsonrpc": "2.0", "id": call.envelope["id"], "error": error},
            channel=call.channel,
            kind=_RELAY,
        )

    def calls(self, method: str = "tool.call") -> list[Said]:
        return [said for said in self.said if said.envelope.get("method") == method]

    def methods(self) -> list[str]:
        return [said.envelope["method"] for said in self.said]

    def _last(self, method: str) -> Optional[Said]:
        found = self.calls(method)
        return found[-1] if found else None

    def wait_for(self, condition: Callable[[], Any]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            left = deadline - time.monotonic()
            assert left > 0, (
                f"nothing within {PATIENCE} s; said {self.methods()}; {bytes(self._out[2])!r}"
            )
            self._turn(left)

    def heard(self) -> str:
        """What the kernel has said by now; for the message of a test that fails."""
        ended = ""
        try:
            while self._turn(0):
                continue
        except Ended:
            ended = "ended, having "
        returned = self._last("returned")
        return f"{ended}said {self.methods()}, returned {returned and returned.envelope['params']}, stderr {self.output(2)!r}"

    def _turn(self, seconds: float) -> bool:
        """Take and give what can be within that time; whether there was any."""
        sockets = {channel.fileno(): number for number, channel in self.channels.items()}
        blocked = [self.channels[number] for number, queue in self._queues.items() if queue]
        ready, free, _ = select.select([*sockets, *self._pipes, self._door], blocked, [], seconds)
        for channel in free:
            self._write(sockets[channel.fileno()])
        for source in ready:
            if source in self._pipes:
                self._drain(source)
            elif source is self._door:
                self._open_channel()
            else:
                self._read(sockets[source])
        return bool(ready or free)

    def wait_for_end(self) -> int:
        """The wait status of the kernel, once it has ended."""
        try:
            self.wait_for(lambda: False)
        except Ended:
            _, self.status = os.waitpid(self.pid, 0)
        assert self.status is not None
        return self.status

    def wait_until_asleep(self) -> None:
        """Until the kernel's main thread waits in a system call."""
        deadline = time.monotonic() + PATIENCE
        while _state(self.pid) != b"S":
            assert time.monotonic() < deadline, "the kernel never waits"

    @contextlib.contextmanager
    def output_held(self) -> Iterator[None]:
        """Nothing is read from the capture pipes meanwhile."""
        held, self._pipes = self._pipes, {}
        try:
            yield
        finally:
            self._pipes = held

    def output(self, fd: int) -> str:
        return bytes(self._out[fd]).decode("utf-8", "replace")

    def _drain(self, fd: int) -> None:
        data = os.read(fd, 1 << 16)
        self._out[self._pipes[fd]] += data
        if not data:
            del self._pipes[fd]
            os.close(fd)

    def _open_channel(self) -> None:
        data, fds, _, _ = socket.recv_fds(self._door, 64, 4)
        if not data:
            raise Ended
        self._opened += 1
        number = self._opened
        self.channels[number] = socket.socket(fileno=fds[0])
        self._readers[number] = (FrameReader(), MessageReader())

    def _write(self, channel: int) -> None:
        """Never waits: a peer that writes and one that reads nothing meanwhile would wedge (TRN-5).
        """
        queue = self._queues[channel]
        try:
            del queue[: self.channels[channel].send(queue, socket.MSG_DONTWAIT)]
        except BlockingIOError:
            pass

    def _read(self, channel: int) -> None:
        try:
            data = self.channels[channel].recv(1 << 16)
        except ConnectionResetError:
            data = b""
        if not data:
            if channel == 0:
                raise Ended
            self.channels.pop(channel).close()
            self._queues.pop(channel, None)
            return
        frames, messages = self._readers[channel]
        for frame in frames.feed(data):
            message = messages.accept(frame)
            if message is not None:
                said = Said(channel, message, json.loads(message.envelope))
                self.said.append(said)
                if said.envelope["method"] == "tool.call":
                    self._called(said)

    def _called(self, said: Said) -> None:
        if self.on_call is not None:
            self.on_call(said)
            return
        params = said.envelope["params"]
        tool = self.tools.get(params["name"])
        if tool is not None:
            self.answer(said, tool(*params["args"], **params["kwargs"]))


def _shed(kept: set[int]) -> None:
    """What the tests' own process has open, or has set, is not the kernel's."""
    warnings.resetwarnings()
    warnings.simplefilter("ignore", ResourceWarning)
    for name in os.listdir("/proc/self/fd"):
        if int(name) not in kept:
            try:
                os.close(int(name))
            except OSError:
                pass  # the listing's own


def _state(pid: int) -> bytes:
    with open(f"/proc/{pid}/stat", "rb") as file:
        return file.read().rpartition(b")")[2].split()[0]


def _waiting(fd: int) -> int:
    return struct.unpack("i", fcntl.ioctl(fd, termios.FIONREAD, b"\0" * 4))[0]
