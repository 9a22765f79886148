"""The file verbs as a host that does everything right says them, and one at a time for those that do not."""

from __future__ import annotations

import hashlib
import json
import pathlib
import tempfile
import unittest
from typing import Any, Optional

from _runner import limits
from tests.support.host import Host


class Filing:
    """One session and its workspace."""

    def __init__(self, host: Host, session: int = 1) -> None:
        self._host, self._session = host, session

    def ask(self, method: str, *attachments: bytes, **params: Any) -> tuple[dict[str, Any], list[bytes]]:
        """The reply, and what is attached to it."""
        number = self._host.request(method, {"session": self._session, **params}, attachments=attachments)
        return self._host.answer(number), [bytes(each) for each in self._host.attached.pop(number, ())]

    def done(self, method: str, *attachments: bytes, **params: Any) -> dict[str, Any]:
        reply, _ = self.ask(method, *attachments, **params)
        assert "result" in reply, reply
        return dict(reply["result"])

    def refused(self, method: str, *attachments: bytes, **params: Any) -> tuple[str, str]:
        """The code of the refusal, and its message."""
        reply, _ = self.ask(method, *attachments, **params)
        assert "error" in reply, reply
        return reply["error"]["data"]["code"], reply["error"]["message"]

    def begin(self, path: str, size: int, **params: Any) -> int:
        return int(self.done("file.begin", path=path, bytes=size, **{"type": "file", **params})["transfer"])

    def write(self, transfer: int, data: bytes, path: str = "", **params: Any) -> None:
        """All of a file."""
        at, hash = 0, hashlib.sha256(data).hexdigest()
        while True:
            chunk = data[at : at + limits.FILE_CHUNK]
            last = {"sha256": hash, **params} if at + len(chunk) == len(data) else {}
            self.done("file.write", chunk, transfer=transfer, path=path, offset=at, **last)
            at += len(chunk)
            if last:
                return

    def put(self, path: str, data: bytes, **params: Any) -> None:
        transfer = self.begin(path, len(data), **params)
        self.write(transfer, data)
        self.done("file.commit", transfer=transfer)

    def read(self, path: str) -> bytes:
        reply, (data,) = self.ask("file.read", path=path)
        result = reply["result"]
        transfer = result.get("transfer")
        while "sha256" not in result:
            reply, (chunk,) = self.ask("file.read", transfer=transfer, offset=len(data))
            result = reply["result"]
            data += chunk
        assert hashlib.sha256(data).hexdigest() == result["sha256"]
        return data

    def list(self, path: str = "") -> list[list[Any]]:
        _, (listing,) = self.ask("file.list", path=path)
        return list(json.loads(listing))


class FilingTest(unittest.TestCase):
    """A runner, and a workspace that the test sees from outside."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.root = self.folder / "workspace"
        self.root.mkdir()
        self.host: Optional[Host] = None

    def open(self, **environment: str) -> Filing:
        host = self.host = Host(environment=environment)
        self.addCleanup(self._end, host)
        host.__enter__()
        host.open(workspace=str(self.root))
        return Filing(host)

    @staticmethod
    def _end(host: Host) -> None:
        host.close()
        for stream in (host.process.stdin, host.process.stdout, host.process.stderr):
            assert stream is not None
            stream.close()

    def names(self) -> list[str]:
        """All that is in the workspace, staged or not."""
        return sorted(str(path.relative_to(self.root)) for path in self.root.rglob("*"))
