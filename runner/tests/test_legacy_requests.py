"""legacy_requests.py: one request after another, one response to each."""

from __future__ import annotations

import json
import unittest
from typing import Any
from unittest import mock

from _runner import limits
from _runner.errors import ErrorCode, RpcError
from _runner.legacy import Request
from _runner.legacy_requests import LATER, Requests
from tests.support.tier import not_on_each

setUpModule = not_on_each


def _refuse(params: dict[str, Any]) -> Any:
    raise ValueError("no")


def _busy(params: dict[str, Any]) -> Any:
    raise RpcError(ErrorCode.INVALID_STATE, "busy")


def _wrong(params: dict[str, Any]) -> Any:
    raise RpcError(ErrorCode.INVALID_ARGUMENT, "wrong")


class RequestsTest(unittest.TestCase):
    def setUp(self) -> None:
        self.begun: list[Any] = []
        self.noted: list[dict[str, Any]] = []
        self.now = 100.0
        methods = {"now": lambda params: params, "later": self._later, "refuse": _refuse, "busy": _busy, "wrong": _wrong}
        self.requests = Requests(methods, lambda event, **facts: self.noted.append({"event": event, **facts}), lambda: self.now)

    def _later(self, params: dict[str, Any]) -> Any:
        self.begun.append(params["n"])
        return LATER

    def put(self, method: Any, id: Any, params: Any = None, size: int = 10) -> None:
        self.requests.put(Request(method, {"n": id} if params is None else params, id, size))

    def said(self) -> list[tuple[Any, Any]]:
        lines = [json.loads(line) for line in self.requests.lines()]
        return [(line["id"], line["result"] if "result" in line else line["error"]["data"]) for line in lines]

    def test_the_next_begins_when_the_one_before_has_its_response(self) -> None:  # rule: C10
        for id in (1, 2):
            self.put("later", id)
        self.put("now", 3)
        self.assertEqual((self.begun, self.said()), ([1], []))
        self.requests.respond({"x": 1})
        self.assertEqual((self.begun, self.said()), ([1, 2], [(1, {"x": 1})]))
        self.requests.refuse(ValueError("no"))
        self.assertEqual(self.said(), [(2, {"type": "ValueError", "message": "no", "args": ["no"]}), (3, {"n": 3})])

    def test_refusals_have_the_types_of_the_dialect(self) -> None:  # rule: C39
        for method, kind in (("refuse", "ValueError"), ("busy", "RuntimeError"), ("wrong", "ValueError"), ("what", "ValueError"), ([], "ValueError")):
            self.put(method, "x")
            ((id, data),) = self.said()
            self.assertEqual((id, data["type"]), ("x", kind))
        self.put("now", 1, [])
        self.assertIn("now: params must be an object, not list", self.said()[0][1]["message"])
        self.put("later", None)
        self.requests.attempt(lambda: _busy({}))
        self.assertEqual(self.said(), [(None, {"type": "RuntimeError", "message": "busy", "args": ["busy"]})])

    def test_those_that_wait_have_a_bound(self) -> None:
        self.put("later", 0)
        for id in range(1, limits.LEGACY_REQUESTS + 3):
            self.put("later", id)
        told = self.said()
        self.assertEqual([id for id, _ in told], [limits.LEGACY_REQUESTS + 1, limits.LEGACY_REQUESTS + 2])
        self.assertIn("64 requests of 640 bytes wait already", told[0][1]["message"])

    def test_their_bytes_have_a_bound_too_but_one_may_always_wait(self) -> None:
        with mock.patch.object(limits, "LEGACY_LINE", 1000):
            self.put("later", 0)
            self.put("later", 1, size=2000)
            self.put("later", 2, size=10)
            self.assertEqual([id for id, _ in self.said()], [2])
            self.requests.respond({})
            self.put("later", 3, size=1000)
            self.put("later", 4, size=1)
        self.assertEqual([id for id, _ in self.said()], [0, 4])

    def test_many_that_need_no_wait_are_no_deep_stack(self) -> None:
        with mock.patch.object(limits, "LEGACY_REQUESTS", 10_000):
            self.put("later", 0)
            for id in range(1, 5000):
                self.put("now", id)
            self.requests.respond({})
        self.assertEqual(len(self.said()), 5000)

    def test_nothing_begins_after_the_last_one(self) -> None:
        self.put("later", 1)
        self.requests.end()
        self.put("later", 2)
        self.requests.respond({})
        self.assertEqual((self.begun, [id for id, _ in self.said()]), ([1], [1]))

    def test_requests_and_responses_are_noted_and_code_never_is(self) -> None:  # rule: C132
        secret = "password = 'é'"
        self.put("later", 1, {"n": 1, "code": secret})
        self.now += 0.25
        self.requests.conclude("output", b"{}\n")
        begun, ended = self.noted
        self.assertRegex(begun.pop("code_hash"), "^[0-9a-f]{16}$")
        self.assertEqual(begun, {"event": "request", "id": 1, "method": "later", "code_length": 15})
        self.assertEqual(ended, {"event": "response", "id": 1, "method": "later", "kind": "output", "duration_ms": 250.0})
        self.assertNotIn("password", json.dumps(self.noted))
