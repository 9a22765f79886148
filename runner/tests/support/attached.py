"""A listening runner, and a host that reaches it: a small client of RFC 6455 with the records' own cores."""

from __future__ import annotations

import json
import os
import pathlib
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
from typing import Any, Optional

from _runner import link, websocket
from _runner.link import Kind, Link, Number, Said, Sequenced
from _runner.outside import LISTENING
from _runner.outside import TOKEN as INHERITED_TOKEN
from tests.support.host import PATIENCE, Ended, Host
from tests.support.payload import compiled

TOKEN = secrets.token_urlsafe(32)


class Runner:
    """A process with `--listen`. Use as a context manager; leaving it ends the runner and checks that it ended by itself."""

    def __init__(self, *options: str, payload: Optional[pathlib.Path] = None, outside: bool = False) -> None:
        """`outside`: what it listens to, and its token, were opened by the process that it was before."""
        payload = payload or compiled()  # or the test is skipped: nothing is there yet
        self._folder = tempfile.TemporaryDirectory(prefix="pyvisor-listening-")
        self.token = pathlib.Path(self._folder.name, "token")
        self.token.touch(0o600)
        self.token.write_text(TOKEN + "\n")
        program = [sys.executable, "-I", "-S", "-B", str(payload / "__main__.py")]
        listening = ["--listen", "127.0.0.1:0", "--token-file", str(self.token)]
        if outside:
            inherited = ["--listen", f"fd:{LISTENING}", "--token-fd", str(INHERITED_TOKEN)]
            listening = ["outside", str(self.token), *program, *inherited]
        self.process = subprocess.Popen(
            [*program, *listening, *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "PYVISOR_DIR": self._folder.name},
        )  # fmt: skip
        assert self.process.stdin and self.process.stdout and self.process.stderr
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(self.process.stderr.read().decode("utf-8", "replace"))
        self._peers: list[socket.socket] = []
        self.address = json.loads(line)["listening"]

    def __enter__(self) -> Runner:
        return self

    def __exit__(self, *_: Any) -> None:
        try:
            if self.process.poll() is None:
                self.process.send_signal(signal.SIGTERM)
            self.wait()
        finally:
            self.process.kill()
            for peer in self._peers:
                peer.close()
            for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
                assert stream
                stream.close()
            self._folder.cleanup()

    def wait(self) -> int:
        """Its status; it has to end by itself."""
        return self.process.wait(PATIENCE)

    def ask(self, path: str = "/v1/status", token: str = TOKEN, **headers: str) -> tuple[int, dict[str, Any]]:
        """Status and body of a GET, as curl would do it."""
        with self.connect() as peer:
            peer.sendall(_request(path, {"Host": self.address, "Authorization": f"Bearer {token}", **headers}))
            answer = b"".join(iter(lambda: peer.recv(65_536), b""))
        head, _, body = answer.partition(b"\r\n\r\n")
        return int(head.split()[1]), json.loads(body)

    def connect(self) -> socket.socket:
        host, _, port = self.address.rpartition(":")
        peer = socket.create_connection((host, int(port)), PATIENCE)
        self._peers.append(peer)
        return peer


class Attached(Host):
    """A host on a connection that can be cut and made anew. Leaving it says goodbye, and the runner stays."""

    def __init__(self, runner: Runner, host: Optional[str] = None, dial: bool = True, **attach: Any) -> None:
        self._know_nothing(-1, -1)
        self.runner = runner
        self.host = host if host is not None else secrets.token_hex(16)
        self.link = Link()
        self.incarnation: Optional[str] = None
        self.refused: dict[str, Any] = {}
        self.heard_pongs: list[int] = []
        self.closed: Optional[int] = None  # the code that the runner closed with
        if dial:
            self.dial(**attach)

    def ask_in(self, **attach: Any) -> None:
        """A new connection, and an attach on it."""
        self.peer = self.runner.connect()
        self.peer.sendall(
            _request(
                "/v1/link",
                {
                    "Host": self.runner.address,
                    "Authorization": f"Bearer {TOKEN}",
                    "Upgrade": "websocket",
                    "Connection": "Upgrade",
                    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
                    "Sec-WebSocket-Version": "13",
                    "Sec-WebSocket-Protocol": "pyvisor.v1",
                },
            )
        )
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            got = self.peer.recv(1)
            if not got:
                raise Ended()
            head += got
        assert head.startswith(b"HTTP/1.1 101 "), head
        self._data = bytearray()
        self._in = self._out = self.peer.fileno()
        self.attached: dict[str, Any] = {}
        content = {
            "incarnation": self.incarnation, "received": self.link.receiver.received, "host": self.host, **attach
        }  # fmt: skip
        self.say(link.encode_said(Kind.ATTACH, content))

    def dial(self, **attach: Any) -> None:
        """A new connection, attached or refused; what was sent on another and not taken over goes again."""
        self.ask_in(**attach)
        try:
            self.wait_for(lambda: self.attached or self.refused)
        except Ended:
            if not self.refused:
                raise

    def cut(self) -> None:
        """The connection is gone, without a word."""
        self.peer.close()
        self.link.sender.cut()

    def close(self) -> int:
        if self.peer.fileno() >= 0 and not self.refused:
            try:
                self.say(link.encode_said(Kind.GOODBYE, {"mode": "detach"}))
                self.wait_for_end()
            except OSError:
                pass  # the runner is gone
        self.peer.close()
        return 0

    # --- what the base does over pipes ---

    def _read(self) -> None:
        try:
            data = self.peer.recv(65_536)
        except ConnectionError:
            data = b""
        if not data:
            raise Ended()
        self._data += data
        while True:
            message = self._next()
            if message is None:
                return
            self._hear(link.decode(message))

    def _next(self) -> Optional[bytes]:
        """The next message: a server's frames carry no mask."""
        data = self._data
        if len(data) < 2:
            return None
        size, start = data[1], 2
        if size >= 126:
            start = 4 if size == 126 else 10
            if len(data) < start:
                return None
            size = int.from_bytes(data[2:start], "big")
        if len(data) < start + size:
            return None
        opcode, body = data[0] & 0xF, bytes(data[start : start + size])
        del data[: start + size]
        if opcode == websocket.Opcode.CLOSE:
            self.closed = int.from_bytes(body[:2], "big")
            raise Ended()
        return body

    def _hear(self, word: Optional[link.Word]) -> None:
        if isinstance(word, Said) and word.kind == Kind.ATTACHED:
            self.attached = word.content
            self.incarnation = word.content["incarnation"]
            self.link.resume(word.content["received"])
            self._send_records()
        elif isinstance(word, Said) and word.kind == Kind.ERROR:
            self.refused = word.content
        elif isinstance(word, Number) and word.kind == Kind.PONG:
            self.heard_pongs.append(word.number)
        elif isinstance(word, (Sequenced, Number)):
            data = self.link.take(word)
            if data:
                for frame in self._frames.feed(data):
                    self._take(frame)
                self.say(self.link.owed())

    def _write(self) -> None:
        self.link.sender.write(self._queue.pop(0))
        self._send_records()

    def _send_records(self) -> None:
        for message in iter(self.link.next_message, None):
            self.say(message)

    def say(self, message: bytes) -> None:
        """A client's frame, masked."""
        mask = secrets.token_bytes(4)
        size = len(message)
        if size < 126:
            head = bytes((0x82, 0x80 | size))
        elif size < 65_536:
            head = bytes((0x82, 0x80 | 126)) + size.to_bytes(2, "big")
        else:
            head = bytes((0x82, 0x80 | 127)) + size.to_bytes(8, "big")
        self.peer.sendall(head + mask + websocket.unmask(message, mask))


def _request(path: str, headers: dict[str, str]) -> bytes:
    lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode()
