"""legacy_calls.py: tool calls under the dialect's numbers, from the kernel's word to the host's and back."""

from __future__ import annotations

import json
import unittest
from typing import Any, Optional
from unittest import mock

from _runner import limits, rpc
from _runner.legacy import Answer
from _runner.legacy_calls import OpenCalls
from _runner.legacy_link import Link
from _runner.messages import Message
from tests.support.farend import FarEnd


class CallsTest(unittest.TestCase):
    def setUp(self) -> None:
        self.link = Link(self)
        self.far = FarEnd(self.link.take, self.link.outgoing)
        self.calls = OpenCalls(self.link, 100, lambda path: path.upper())
        self.lines: list[Optional[bytes]] = []

    def kernel_said(self, message: Message, said: rpc.Request) -> None:
        self.lines.append(self.calls.begin(message, said))

    def told(self) -> dict[str, Any]:
        line = self.lines.pop()
        assert line is not None
        found: dict[str, Any] = json.loads(line)
        return found

    def answer(self, id: Any, value: Any) -> None:
        self.calls.settle(Answer(id, {"type": "json", "value": json.dumps(value)}, None))

    def arrived(self) -> dict[str, Any]:
        return self.far.hears_one().envelope

    def test_each_call_has_a_number_of_its_own_whatever_the_kernel_calls_it(self) -> None:
        self.far.calls(7, "f", 1, {"$py": "path", "value": "/x"})
        self.assertEqual(self.told(), {"jsonrpc": "2.0", "method": "tool_call", "params": {"name": "f", "args": [1, "/X"], "kwargs": {}}, "id": 100})
        self.far.calls(7, "f", generation=2)
        self.assertEqual(self.told()["id"], 101)
        self.answer(101, "second")
        self.answer(100, float("inf"))
        first, second = self.far.hears()
        self.assertEqual((first.envelope, first.message.generation), ({"jsonrpc": "2.0", "id": 7, "result": "second"}, 2))
        self.assertEqual(second.envelope["result"], {"$py": "float", "value": "inf"})

    def test_an_answer_counts_once_and_only_for_an_open_call(self) -> None:  # rule: W25, SES-4
        self.far.calls(1, "f")
        for id in (5, "100", None, True, 100.5, [100]):
            self.answer(id, 1)
        self.assertEqual((self.far.hears(), self.calls.dropped), ([], 6))
        self.answer(100, 1)
        self.answer(100, 2)
        self.assertEqual((self.arrived()["result"], self.calls.dropped), (1, 7))

    def test_a_failure_keeps_message_type_and_arguments(self) -> None:  # rule: W44
        self.far.calls(1, "f")
        error = {"code": -32000, "message": "no", "data": {"type": "KeyError", "message": "no", "args": ["a", {"$py": 1}]}}
        self.calls.settle(Answer(100, None, error))
        told = self.arrived()["error"]
        self.assertEqual((told["code"], told["message"]), (-32010, "no"))
        data = {"args": ["a", {"$py": "dict", "items": [["$py", 1]]}]}["args"]
        self.assertEqual(told["data"], {"code": "tool_failed", "status": 424, "type": "KeyError", "message": "no", "data": data})

    def test_failures_in_any_shape_are_failures(self) -> None:
        for error in ("no", 5, {}, {"message": 5, "data": 5}, {"message": "x" * 10**6, "data": {"type": "t" * 1000, "args": ["x" * 10**6]}}):
            with self.subTest(str(error)[:30]):
                self.far.calls(1, "f")
                self.calls.settle(Answer(self.told()["id"], None, error))
                told = self.arrived()["error"]
                self.assertEqual(told["data"]["code"], "tool_failed")
                self.assertLess(len(json.dumps(told)), 4 * limits.ERROR_MESSAGE)

    def test_an_answer_that_cannot_be_used_fails_the_call(self) -> None:
        self.far.calls(1, "f")
        self.calls.settle(Answer(100, {"type": "json", "value": "{"}, None))
        self.assertIn("no JSON document", self.arrived()["error"]["message"])

    def test_an_answer_that_could_not_be_read_fails_its_call(self) -> None:  # rule: H4
        self.far.calls(1, "f")
        self.assertFalse(self.calls.fail(None, "too long"))
        self.assertFalse(self.calls.fail(5, "too long"))
        self.assertTrue(self.calls.fail(100, "too long"))
        self.assertEqual(self.arrived()["error"]["data"]["code"], "message_too_large")

    def test_answers_that_a_kernel_does_not_read_have_a_bound(self) -> None:
        with mock.patch.object(limits, "LEGACY_UNREAD", 1000):
            for id in range(3):
                self.far.calls(id, "f")
                self.answer(100 + id, "x" * 600)
        first, *refused = self.far.hears()
        self.assertEqual(first.envelope["result"], "x" * 600)
        self.assertEqual({heard.envelope["error"]["data"]["code"] for heard in refused}, {"resource_exhausted"})
        self.far.gives(self.link.unread)  # the kernel has read all of it
        self.far.calls(9, "f")
        self.answer(103, 1)
        self.assertEqual(self.arrived()["result"], 1)

    def test_arguments_that_no_line_holds_are_refused_to_the_kernel(self) -> None:  # rule: H4
        with mock.patch.object(limits, "LEGACY_LINE", 1000):
            self.far.calls(1, "f", "x" * 1000)
        self.assertEqual(self.lines, [None])
        self.assertEqual(self.arrived()["error"]["data"]["code"], "message_too_large")

    def test_what_no_kernel_of_ours_writes_is_dropped(self) -> None:
        for params in ({}, {"name": 5, "args": [], "kwargs": {}}, {"name": "f", "args": {}, "kwargs": {}}, {"name": "f", "args": [], "kwargs": []}):
            self.far.relays("tool.call", params, 1)
        self.far.relays("tool.call", {"name": "f", "args": [], "kwargs": {}})
        self.assertEqual((self.lines, self.calls.dropped), ([None] * 5, 5))

    def test_a_call_that_was_given_up_waits_for_nothing(self) -> None:  # rule: C110
        self.far.calls(1, "f")
        self.far.calls(1, "f", generation=2)
        self.calls.cancel(Message(3, 0, 1, 2, 1, 1, b""), 1)
        self.answer(101, "late")
        self.assertEqual(self.far.hears(), [])
        self.answer(100, "in time")
        self.assertEqual(self.arrived()["result"], "in time")

    def test_the_end_of_a_cell_is_the_end_of_its_calls(self) -> None:  # rule: LIF-12, LIF-13
        self.far.calls(1, "f", cell=4)
        self.far.calls(2, "f", cell=5)
        self.calls.cell_ended(5)
        told = self.arrived()
        self.assertEqual((told["id"], told["error"]["code"], told["error"]["data"]["code"]), (2, -32007, "cancelled"))
        self.answer(101, "late")
        self.assertEqual(self.far.hears(), [])
        self.answer(100, "of a thread")  # made between two cells: answered like any other
        self.assertEqual(self.arrived()["result"], "of a thread")

    def test_the_end_of_a_kernel_is_the_end_of_its_calls(self) -> None:  # rule: LIF-8
        self.far.calls(1, "f")
        self.far.calls(1, "f", generation=2)
        self.calls.generation_began(2)
        self.answer(100, "late")
        self.answer(101, "on")
        self.assertEqual(self.arrived()["result"], "on")

    # --- the rest of a house ---

    def runner_greeted(self) -> None:
        raise AssertionError

    def session_wrote(self, stream: int, cell: int, data: bytes, *, late: bool) -> None:
        raise AssertionError

    def generation_began(self, generation: int) -> None:
        raise AssertionError
