"""A small host of the deprecated dialect: drives `runner.pyz --stdio` by lines, as a program would that knows nothing else."""

from __future__ import annotations

import json
import os
import pathlib
import select
import subprocess
import sys
import time
import unittest
from collections import deque
from typing import Any, Callable, Optional, Sequence

from tests.support.payload import compiled

# Bounds one answer: a cold interpreter on a loaded machine takes seconds.
PATIENCE = 30.0


class Ended(Exception):
    """The runner closed its side."""


class LineHost:
    """One runner. Use as a context manager; leaving it closes its standard input, and it must end."""

    LATER = object()  # what a tool returns whose call the test answers itself

    def __init__(
        self,
        environment: Optional[dict[str, str]] = None,
        payload: Optional[pathlib.Path] = None,
        cwd: Optional[str] = None,
        inside: Sequence[str] = (),
    ) -> None:
        """`inside` is a command that becomes the one behind it."""
        self.process = subprocess.Popen(
            [*inside, sys.executable, "-I", "-S", "-B", str(payload or compiled() / "__main__.py"), "--stdio"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            cwd=cwd,
            env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **(environment or {})},
        )
        assert self.process.stdin and self.process.stdout
        self._in, self._out = self.process.stdin.fileno(), self.process.stdout.fileno()
        for fd in (self._in, self._out):
            os.set_blocking(fd, False)
        self._queue: deque[memoryview] = deque()
        self._read = bytearray()
        self._ids = 0
        self.tools: dict[str, Callable[..., Any]] = {}
        self.calls: list[dict[str, Any]] = []  # what each tool call said, whole
        self.raw: list[bytes] = []  # lines of the runner
        self.responses: dict[Any, dict[str, Any]] = {}
        self.errors = ""

    def __enter__(self) -> LineHost:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def close(self) -> int:
        """End the runner by the leash; returns its status."""
        assert self.process.stdin and self.process.stdout and self.process.stderr
        self.process.stdin.close()
        try:
            status = self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        finally:
            self.process.stdout.close()
            if not self.process.stderr.closed:
                self.errors = self.process.stderr.read().decode("utf-8", "replace")
                self.process.stderr.close()
        return status

    # --- asking ---

    def call(self, method: Any, **params: Any) -> dict[str, Any]:
        """The whole response."""
        return self.answer(self.request(method, params))

    def execute(self, code: str, **params: Any) -> dict[str, Any]:
        """The result, of whichever kind it is."""
        response = self.call("execute", code=code, **params)
        assert "result" in response, response
        result: dict[str, Any] = response["result"]
        return result

    def output(self, code: str, **params: Any) -> str:
        found = self.execute(code, **params)
        assert set(found) == {"output"}, found
        return str(found["output"])

    def fails(self, code: str, **params: Any) -> dict[str, Any]:
        """The data of the error."""
        response = self.call("execute", code=code, **params)
        assert "error" in response, response
        error: dict[str, Any] = response["error"]
        assert error["code"] == -32000 and error["message"] == error["data"]["message"], error
        data: dict[str, Any] = error["data"]
        return data

    def register(self, **tools: Callable[..., Any]) -> None:
        self.tools.update(tools)
        assert self.call("register_tools", tools=list(self.tools))["result"] == {}

    def request(self, method: Any, params: Any) -> int:
        self._ids += 1
        self.send({"jsonrpc": "2.0", "method": method, "params": params, "id": self._ids})
        return self._ids

    def send(self, value: Any, *, ascii: bool = True) -> None:
        self.send_bytes(json.dumps(value, ensure_ascii=ascii).encode("utf-8") + b"\n")

    def send_bytes(self, data: bytes) -> None:
        self._queue.append(memoryview(data))

    def answer(self, id: Any) -> dict[str, Any]:
        self.wait_for(lambda: id in self.responses)
        return self.responses.pop(id)

    # --- answering ---

    def give(self, call: dict[str, Any], value: Any) -> None:
        """Answer a tool call as hosts of the dialect do."""
        if isinstance(value, Exception):
            data = {"type": type(value).__name__, "message": str(value), "args": list(value.args)}
            error = {"code": -32000, "message": str(value), "data": data}
            self.send({"jsonrpc": "2.0", "id": call["id"], "error": error})
            return
        kind = "string" if isinstance(value, str) else "json"
        text = value if isinstance(value, str) else json.dumps(value)
        self.send({"jsonrpc": "2.0", "id": call["id"], "result": {"type": kind, "value": text}})

    def _called(self, call: dict[str, Any]) -> None:
        self.calls.append(call)
        params = call["params"]
        tool = self.tools.get(params["name"])
        try:
            found = NameError(f"Unknown tool: {params['name']}") if tool is None else tool(*params["args"], **params["kwargs"])
        except Exception as problem:
            found = problem
        if found is not self.LATER:
            self.give(call, found)

    # --- the wire ---

    def wait_for(self, condition: Callable[[], Any]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            left = deadline - time.monotonic()
            assert left > 0, f"nothing within {PATIENCE} s; calls {len(self.calls)}, responses {list(self.responses)}"
            readable, writable, _ = select.select([self._out], [self._in] if self._queue else [], [], left)
            if readable:
                self._take(os.read(self._out, 65_536))
            if writable:
                self._write()

    def wait_for_end(self) -> None:
        try:
            self.wait_for(lambda: False)
        except Ended:
            pass

    def _write(self) -> None:
        data = self._queue[0]
        try:
            rest = data[os.write(self._in, data) :]
        except BrokenPipeError:
            raise Ended() from None
        if rest:
            self._queue[0] = rest
        else:
            self._queue.popleft()

    def _take(self, data: bytes) -> None:
        if not data:
            raise Ended()
        *lines, rest = data.split(b"\n")
        for line in lines:
            whole, self._read = bytes(self._read + line), bytearray()
            self.raw.append(whole)
            said = json.loads(whole.decode("ascii"))
            if "method" in said:
                self._called(said)
            else:
                assert said["id"] not in self.responses, f"two responses for {said['id']}"
                self.responses[said["id"]] = said
        self._read += rest


class LineTest(unittest.TestCase):
    """Tests that share one runner, each of them after a reset."""

    host: LineHost

    @classmethod
    def setUpClass(cls) -> None:
        cls.host = LineHost()
        cls.addClassCleanup(cls.host.close)

    def setUp(self) -> None:
        self.host.tools.clear()
        self.host.calls.clear()
        self.host.raw.clear()
        self.host.call("reset")
