"""A listening runner as strangers see it: a process of its own, reached over raw sockets."""

from __future__ import annotations

import hashlib
import json
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
from typing import Any, Optional

from _runner import limits
from _runner.link import Kind
from _runner.websocket import Opcode
from tests.support.payload import compiled

# Bounds one answer on a loaded machine; wider than every deadline of the endpoint.
PATIENCE = 30.0
# The same for a runner that lacks something, and so may never answer.
LITTLE_PATIENCE = 5.0
TOKEN = "t" * 43
DIGEST = hashlib.sha256(TOKEN.encode()).digest()
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
MASK = b"\x37\xfa\x21\x3d"


class Runner:
    """`--listen` on a port of its own. Use as a context manager; leaving it looks at what it complained of."""

    def __init__(self, payload: Optional[pathlib.Path] = None, *more: str) -> None:
        self.patience = PATIENCE if payload is None else LITTLE_PATIENCE
        payload = payload or compiled()  # or the test is skipped: nothing is there yet
        self._folder = pathlib.Path(tempfile.mkdtemp(prefix="pyvisor-listening-"))
        token = self._folder / "token"
        token.touch(0o600)
        token.write_text(TOKEN, encoding="ascii")
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-B", str(payload), "--listen", "127.0.0.1:0"]
            + ["--token-file", str(token), "--leash", *more],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")},
        )
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line, self._complaint()
        self.authority = str(json.loads(line)["listening"])
        host, _, port = self.authority.rpartition(":")
        self.address = (host, int(port))

    def __enter__(self) -> Runner:
        return self

    def __exit__(self, *problem: Any) -> None:
        assert self.process.stdin and self.process.stdout and self.process.stderr
        self.process.stdin.close()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        finally:
            said = self._complaint()
            self.process.stdout.close()
            self.process.stderr.close()
            shutil.rmtree(self._folder)
        assert problem[0] is not None or "Traceback" not in said, said

    def _complaint(self) -> str:
        assert self.process.stderr
        return self.process.stderr.read().decode("utf-8", "replace")

    def status(self) -> dict[str, Any]:
        """What a probe is answered; it fails where there is no answer."""
        with Peer(self) as peer:
            peer.ask("/v1/status")
            status, body = peer.answer()
            assert status == 200, (status, body)
            return body


class Peer:
    """One connection, of whoever. It sends what it is told to, and never more."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self.socket = socket.create_connection(runner.address, runner.patience)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._data = bytearray()

    def __enter__(self) -> Peer:
        return self

    def __exit__(self, *_: Any) -> None:
        self.socket.close()

    # --- before the websocket ---

    def ask(self, path: str = "/v1/link", behind: bytes = b"", **changed: Any) -> None:
        self.send(self.request(f"GET {path} HTTP/1.1", **changed) + behind)

    def request(self, first: str = "GET /v1/link HTTP/1.1", **changed: Any) -> bytes:
        """A good request, with these headers changed: to a text, to several of them, or to none."""
        headers: dict[str, Any] = {
            "Host": self._runner.authority,
            "Authorization": f"Bearer {TOKEN}",
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": KEY,
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Protocol": "pyvisor.v1",
            **{name.replace("_", "-"): value for name, value in changed.items()},
        }
        lines = [first]
        for name, value in headers.items():
            lines += [f"{name}: {one}" for one in ([value] if isinstance(value, str) else value or [])]
        return "\r\n".join([*lines, "", ""]).encode("utf-8")

    def answer(self) -> tuple[int, dict[str, Any]]:
        """Status and body of an HTTP answer."""
        while b"\r\n\r\n" not in self._data:
            self.more()
        head, _, rest = bytes(self._data).partition(b"\r\n\r\n")
        lines = head.decode("ascii").split("\r\n")
        status = int(lines[0].split()[1])
        size = sum(int(line.partition(":")[2]) for line in lines if line.lower().startswith("content-length:"))
        while len(rest) < size:
            self._data.clear()
            self.more()
            rest += bytes(self._data)
        self._data[:] = rest[size:]
        return status, json.loads(rest[:size]) if size else {}

    def open(self) -> Peer:
        """Make a websocket of it."""
        self.ask()
        status, body = self.answer()
        assert status == 101, (status, body)
        return self

    # --- on the websocket ---

    def attach(self, incarnation: Optional[str] = None, received: int = 0) -> dict[str, Any]:
        self.send(attach(incarnation, received))
        opcode, body = self.frame()
        assert opcode == Opcode.BINARY and body[0] == Kind.ATTACHED, (opcode, body)
        answer: dict[str, Any] = json.loads(body[1:])
        return answer

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def frame(self) -> tuple[int, bytes]:
        """The next frame; EOFError when there will be none."""
        while True:
            found = self.whole()
            if found is not None:
                return found
            self.more()

    def whole(self) -> Optional[tuple[int, bytes]]:
        """The next frame of what has come already; None where it is not whole."""
        data = self._data
        if len(data) < 2:
            return None
        size, start = data[1], 2
        if size > 125:
            wide = 2 if size == 126 else 8
            size, start = int.from_bytes(data[2 : 2 + wide], "big"), 2 + wide
        if len(data) < start + size:
            return None
        opcode, body = data[0] & 0x0F, bytes(data[start : start + size])
        del data[: start + size]
        return opcode, body

    def more(self) -> None:
        """Wait for what comes next."""
        data = self.socket.recv(65_536)
        if not data:
            raise EOFError
        self._data += data


def masked(opcode: int, body: bytes = b"", fin: bool = True, first: int = 0, mask: bytes = MASK) -> bytes:
    """A frame as a client sends it; `first` replaces its first byte."""
    key = int.from_bytes((mask * (len(body) // 4 + 1))[: len(body)], "big")
    text = (int.from_bytes(body, "big") ^ key).to_bytes(len(body), "big")
    return head(opcode, len(body), fin, first) + mask + text


def head(opcode: int, size: int, fin: bool = True, first: int = 0, form: int = 0) -> bytes:
    """What stands before the mask, the length in its shortest form or in that of 7, 16 or 64 bits."""
    begin = first or (0x80 if fin else 0) | int(opcode)
    form = form or (7 if size < 126 else 16 if size < 65_536 else 64)
    if form == 7:
        return bytes((begin, 0x80 | size))
    return bytes((begin, 0x80 | (126 if form == 16 else 127))) + struct.pack(">H" if form == 16 else ">Q", size)


def attach(incarnation: Optional[str] = None, received: Any = 0) -> bytes:
    return said(Kind.ATTACH, {"incarnation": incarnation, "received": received})


def said(kind: int, content: Any) -> bytes:
    return masked(Opcode.BINARY, bytes((kind,)) + json.dumps(content).encode("utf-8"))


def number(kind: int, value: int) -> bytes:
    return masked(Opcode.BINARY, struct.pack(">BQ", kind, value))


def record(offset: int, ack: int, data: bytes) -> bytes:
    return masked(Opcode.BINARY, struct.pack(">BQQ", Kind.RECORD, offset, ack) + data)


MESSAGE = limits.RECORD + limits.RECORD_HEAD
