"""A small host for the tests: drives a real supervisor over pipes, with the sans-I/O cores of the payload itself."""

from __future__ import annotations

import fcntl
import json
import os
import pathlib
import select
import subprocess
import sys
import time
import uuid
import zlib
from typing import Any, Callable, Optional, Sequence

from _runner import limits
from _runner.frames import Flag, Frame, FrameKind, FrameReader, decode_credit, encode_credit
from _runner.messages import Message, MessageReader, encoded_frames
from tests.support import processes
from tests.support.payload import compiled

# Bounds one answer: a cold interpreter on a loaded machine takes seconds.
PATIENCE = 30.0
# Bounds the end of what a runner leaves behind that was killed itself; the design's two seconds, on a loaded machine.
GONE = 10.0
F_SETPIPE_SZ = 1031
_LANES = {int(FrameKind.STDOUT): 1, int(FrameKind.STDERR): 2}
_NAMES = {"stdout": int(FrameKind.STDOUT), "stderr": int(FrameKind.STDERR)}


class Ended(Exception):
    """The runner closed its side."""


class Host:
    """One runner. Use as a context manager; leaving it ends the runner and checks that no process is left."""

    LATER = object()  # what a tool returns whose call the test answers itself

    def __init__(
        self,
        pipe_size: Optional[int] = None,
        environment: Optional[dict[str, str]] = None,
        payload: Optional[pathlib.Path] = None,
        pass_fds: Sequence[int] = (),
    ) -> None:
        # Inherited by whatever the runner starts, so that it is known wherever it went.
        self.mark = {"TEST_HOST": str(uuid.uuid4())}
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-B", str((payload or compiled()) / "__main__.py"), "supervisor"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            pass_fds=pass_fds,
            env={
                "PATH": os.environ["PATH"],
                "HOME": os.environ.get("HOME", "/"),
                **self.mark,
                **(environment or {}),
            },
        )
        assert self.process.stdin and self.process.stdout
        self._know_nothing(self.process.stdin.fileno(), self.process.stdout.fileno())
        for fd in (self._in, self._out):
            if pipe_size:
                fcntl.fcntl(fd, F_SETPIPE_SZ, pipe_size)
        os.set_blocking(self._in, False)
        os.set_blocking(self._out, False)

    def _know_nothing(self, inbound: int, outbound: int) -> None:
        """Nothing was said yet."""
        self._in, self._out = inbound, outbound
        self._frames, self._messages = FrameReader(), MessageReader()
        self._queue: list[bytes] = []
        self._credit: dict[int, int] = {}
        self._paid = b""
        self._numbers = 0
        self._cells: dict[int, int] = {}
        self.hello: dict[str, Any] = {}
        self.gives_credit = True
        self.replies: dict[Any, dict[str, Any]] = {}
        self.attached: dict[Any, Sequence[Any]] = {}
        self.reports: dict[int, dict[str, Any]] = {}
        self.events: list[dict[str, Any]] = []
        self.output: dict[tuple[int, int, int], bytearray] = {}
        self.late = bytearray()
        self.order: list[tuple[str, int]] = []
        self.tools: dict[str, Callable[..., Any]] = {}
        self.unanswered: list[Message] = []
        self.pongs: list[bytes] = []
        self.errors = ""

    def __enter__(self) -> Host:
        self.wait_for(lambda: self.hello)
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def close(self) -> int:
        """End the runner by the leash, and see that no process of it is left; returns its status."""
        try:
            return self._end()
        finally:
            processes.until_none_has(self.mark, GONE)

    def _end(self) -> int:
        if self.process.returncode is not None:
            return self.process.returncode
        assert self.process.stdin and self.process.stdout and self.process.stderr
        self.process.stdin.close()
        try:
            status = self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        finally:
            self.process.stdout.close()
            self.errors = self.process.stderr.read().decode("utf-8", "replace")
            self.process.stderr.close()
        return status

    # --- verbs ---

    def open(self, name: str = "main", **params: Any) -> int:
        answer = self.call("session.open", name=name, **params)
        if "result" not in answer:
            raise AssertionError(f"the session was not opened: {answer}")
        return int(answer["result"]["session"])

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        return self.answer(self.request(method, params))

    def execute(self, code: str, session: int = 1, value: bool = False, **params: Any) -> dict[str, Any]:
        """Run a cell; returns the terminal's result, after its totals were found to be true."""
        return self.finish(self.start(code, session, value, **params), session)

    def finish(self, number: int, session: int = 1) -> dict[str, Any]:
        reply = self.answer(number)
        result: dict[str, Any] = reply["result"]
        for name, kind in _NAMES.items():
            got = self.output.get((session, self._cells[session], kind), b"")
            assert result["totals"][name] == {"bytes": len(got), "crc32": zlib.crc32(got)}, (result, len(got))
        return result

    def settle(self, session: int = 1) -> None:
        """Until the kernel has kept what it keeps after a cell, and said so."""
        self._cells[session] = self._cells.get(session, 0) + 1
        self.answer(self.request("variable.get", {"name": "__name__"}, session, self._cells[session]))
        self.call("status")

    def kernel(self, session: int = 1) -> int:
        """The number of the process that runs the session's cells."""
        return next(found["pid"] for found in self.sessions() if found["session"] == session)

    def sessions(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.call("status")["result"]["sessions"]
        return found

    def generation(self, session: int = 1) -> dict[str, Any]:
        """What is told of the next generation of the session."""

        def told() -> list[dict[str, Any]]:
            return [event["params"] for event in self.events if event["method"] == "generation" and event["params"]["session"] == session]

        self.wait_for(told)
        found = told()[0]
        self.events = [event for event in self.events if event.get("params") is not found]
        return found

    def start(self, code: str, session: int = 1, value: bool = False, **params: Any) -> int:
        cell = self._cells[session] = self._cells.get(session, 0) + 1
        return self.request("execute", {"value": value, **params}, session, cell, [code.encode("utf-8")])

    def cell(self, session: int = 1) -> int:
        """The number of the last cell."""
        return self._cells[session]

    def branch(self, name: str, session: int = 1, **params: Any) -> int:
        """A new session, beside that one; its cells are counted on from there."""
        return self.adopt(self.call("branch", session=session, name=name, **params)["result"])

    def adopt(self, branched: dict[str, Any]) -> int:
        """Go on with the session that a branch's reply tells of."""
        self._cells[branched["session"]] = branched["cell"]
        return int(branched["session"])

    def text(self, session: int = 1, stream: str = "stdout") -> str:
        return bytes(self.output.get((session, self._cells[session], _NAMES[stream]), b"")).decode("utf-8")

    # --- wire ---

    def request(
        self, method: str, params: Any, session: int = 0, cell: int = 0, attachments: Sequence[bytes] = ()
    ) -> int:
        self._numbers += 1
        envelope = {"jsonrpc": "2.0", "id": self._numbers, "method": method, "params": params}
        self.send(Message(FrameKind.MESSAGE, 0, session, 0, cell, self._numbers, _dump(envelope), attachments))
        return self._numbers

    def send(self, message: Message) -> None:
        self._queue.extend(encoded_frames(message))

    def send_bytes(self, data: bytes) -> None:
        self._queue.append(data)

    def answer(self, number: int) -> dict[str, Any]:
        self.wait_for(lambda: number in self.replies)
        return self.replies.pop(number)

    def wait_for(self, condition: Callable[[], Any]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            left = deadline - time.monotonic()
            assert left > 0, f"nothing within {PATIENCE} s; order so far: {self.order[-20:]}"
            sendable = bool(self._queue) and self._affordable(self._queue[0])
            readable, writable, _ = select.select([self._out], [self._in] if sendable else [], [], left)
            if readable:
                self._read()
            if writable:
                self._write()

    def flush(self) -> None:
        """Until all that was asked for is on its way."""
        self.wait_for(lambda: not self._queue)

    def wait_for_end(self) -> None:
        try:
            self.wait_for(lambda: False)
        except Ended:
            pass

    def _read(self) -> None:
        data = os.read(self._out, 65_536)
        if not data:
            raise Ended()
        for frame in self._frames.feed(data):
            self._take(frame)

    def _write(self) -> None:
        data = self._queue[0]
        try:
            done = os.write(self._in, data)
        except BrokenPipeError:
            raise Ended() from None
        if done < len(data):
            self._queue[0] = data[done:]
        else:
            self._queue.pop(0)

    def _affordable(self, data: bytes) -> bool:
        if len(data) < limits.FRAME_HEADER or data[:2] != b"\0\0" or data[4] not in (2, 3):
            return True
        session = int.from_bytes(data[8:12], "big")
        cost = len(data) - limits.FRAME_HEADER
        left = self._credit.setdefault(session, limits.KERNEL_WINDOW)
        if session == 0 or data is self._paid or len(data) != int.from_bytes(data[:4], "big") + 4:
            return True
        if cost > left:
            return False
        self._credit[session] = left - cost
        # Paid once, however long it waits; a part left over after a short write is not a whole frame any more.
        self._paid = data
        return True

    def _take(self, frame: Frame) -> None:
        kind = frame.kind
        if kind == FrameKind.HELLO:
            assert not self.hello, "HELLO came twice"
            self.hello = json.loads(frame.body)
        elif kind in _LANES:
            self._output(frame)
        elif kind == FrameKind.CREDIT:
            self._credit[frame.session] = self._credit.get(frame.session, limits.KERNEL_WINDOW) + decode_credit(frame)[1]
        elif kind == FrameKind.PONG:
            self.pongs.append(frame.body)
        else:
            message = self._messages.accept(frame)
            if message is not None:
                self._message(message, json.loads(message.envelope))

    def _output(self, frame: Frame) -> None:
        if frame.flags & Flag.LATE:
            self.late += frame.body
        else:
            self.output.setdefault((frame.session, frame.cell, frame.kind), bytearray()).extend(frame.body)
        self.order.append(("late" if frame.flags & Flag.LATE else "output", frame.cell))
        if self.gives_credit:
            self.send_bytes(encode_credit(frame.session, _LANES[frame.kind], len(frame.body)))

    def _message(self, message: Message, envelope: dict[str, Any]) -> None:
        method = envelope.get("method")
        if method == "tool.call":
            self.order.append(("call", message.cell))
            self._call_tool(message, envelope)
        elif method == "cell.report":
            self.order.append(("report", message.cell))
            self.reports[message.cell] = envelope["params"]
        elif method is not None:
            self.events.append(envelope)
        else:
            self.order.append(("reply", message.cell))
            self.replies[envelope["id"]] = envelope
            if message.attachments:
                self.attached[envelope["id"]] = message.attachments

    def _call_tool(self, message: Message, envelope: dict[str, Any]) -> None:
        params = envelope["params"]
        result = self.tools[params["name"]](*params["args"], **params["kwargs"])
        if result is self.LATER:
            self.unanswered.append(message)
        else:
            self.answer_call(message, result)

    def answer_call(self, message: Message, result: Any) -> None:
        self._numbers += 1
        answer = _dump({"jsonrpc": "2.0", "id": json.loads(message.envelope)["id"], "result": result})
        self.send(
            Message(
                FrameKind.RELAY,
                message.channel,
                message.session,
                message.generation,
                message.cell,
                self._numbers,
                answer,
            )
        )


def _dump(value: Any) -> bytes:
    return json.dumps(value).encode("utf-8")
