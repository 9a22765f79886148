"""legacy_work.py: file requests in slices, and what goes wrong with them."""

from __future__ import annotations

import json
import unittest
from typing import Any, Iterator

from _runner.legacy import Request
from _runner.legacy_requests import Requests
from _runner.legacy_work import FileWork


class Files:
    """Files that are none."""

    def virtual(self, path: str) -> str:
        return path

    def mount(self, host_path: str, virtual_path: str) -> Iterator[None]:
        yield
        yield

    def make(self, path: str) -> Iterator[None]:
        yield
        raise PermissionError(13, "Permission denied")

    def listing(self, path: str) -> Any:
        yield
        return {"files": [path]}

    def sync(self, virtual_path: str, host_path: str) -> Iterator[None]:
        raise ValueError(f"{virtual_path} is outside")
        yield


class FileWorkTest(unittest.TestCase):
    def setUp(self) -> None:
        self.work = FileWork(Files())
        self.requests = Requests(self.work.methods(), lambda event, **facts: None, lambda: 0.0)

    def ask(self, method: str, **params: Any) -> None:
        self.requests.put(Request(method, params, method, 10))

    def done(self) -> tuple[int, list[Any]]:
        """How many slices it took, and what was said of each request."""
        slices = 0
        while self.work.waits:
            self.work.go_on(self.requests)
            slices += 1
        told = [json.loads(line) for line in self.requests.lines()]
        return slices, [line["result"] if "result" in line else (line["error"]["data"]["type"], line["error"]["message"]) for line in told]

    def test_each_is_done_in_its_slices_and_the_next_begins_after_it(self) -> None:
        self.ask("mount_file", host_path="/a", virtual_path="/sandbox/a")
        self.ask("list_dir", path="/sandbox")
        self.assertEqual(self.requests.lines(), [])
        self.assertEqual(self.done(), (3 + 2, [{}, {"files": ["/sandbox"]}]))

    def test_what_goes_wrong_is_told_with_its_type(self) -> None:
        self.ask("mkdir_p", path="/sandbox/x")
        self.ask("sync_file", virtual_path="/x", host_path="/y")
        self.assertEqual(self.done(), (3, [("PermissionError", "[Errno 13] Permission denied"), ("ValueError", "/x is outside")]))
        self.assertFalse(self.work.waits)

    def test_what_is_no_text_is_refused_before_anything_begins(self) -> None:
        self.ask("mkdir_p", path=None)
        self.ask("mount_file", host_path="/a")
        refused = [("ValueError", "path must be a text, not NoneType"), ("ValueError", "virtual_path must be a text, not NoneType")]
        self.assertEqual(self.done(), (0, refused))
