"""legacy_link.py: a host of our own protocol, without a process at the other end."""

from __future__ import annotations

import unittest
from typing import Any

from _runner import limits, rpc
from _runner.errors import ErrorCode, RpcError
from _runner.frames import FrameKind, Lane
from _runner.legacy_link import Link
from _runner.messages import Message, encoded_frames
from tests.support.farend import FarEnd


class House:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def runner_greeted(self) -> None:
        self.told.append("hello")

    def session_wrote(self, stream: int, cell: int, data: bytes, *, late: bool) -> None:
        self.told.append((stream, cell, data, late))

    def kernel_said(self, message: Message, said: rpc.Request) -> None:
        self.told.append((said.method, message.cell))

    def generation_began(self, generation: int) -> None:
        self.told.append(generation)


class LinkTest(unittest.TestCase):
    def setUp(self) -> None:
        self.house = House()
        self.link = Link(self.house)
        self.far = FarEnd(self.link.take, self.link.outgoing)
        self.settled: list[rpc.Reply] = []

    def test_a_request_is_settled_by_its_own_reply(self) -> None:
        replies: list[tuple[str, Any]] = []
        self.link.ask("a", {"x": "é"}, lambda reply: replies.append(("a", reply.result)))
        self.link.ask("b", {}, lambda reply: replies.append(("b", reply.error["code"])))
        first, second = self.far.hears()
        self.assertEqual((first.envelope["method"], first.envelope["params"], first.message.session), ("a", {"x": "é"}, 0))
        self.far.refuses(second, -32003, "busy")
        self.far.replies(first, {"y": 1})
        self.assertEqual(replies, [("b", -32003), ("a", {"y": 1})])

    def test_a_cell_keeps_to_the_credit_and_requests_overtake_it(self) -> None:  # rule: TRN-1, TRN-3, TRN-6
        code = b"#" * (limits.KERNEL_WINDOW + 3 * limits.FRAME)
        self.link.operate(1, 7, {"graceMs": 5}, code, self.settled.append)
        self.assertEqual(self.far.hears(), [])
        sent = sum(len(frame.body) for frame in self.far.frames)
        self.assertTrue(limits.KERNEL_WINDOW - limits.FRAME < sent <= limits.KERNEL_WINDOW, sent)
        self.link.ask("interrupt", {}, self.settled.append)
        self.assertEqual(self.far.hears_one().envelope["method"], "interrupt")
        self.far.gives(2 * limits.FRAME)
        self.assertEqual(self.far.hears(), [])
        self.far.gives(4 * limits.FRAME)
        cell = self.far.hears_one()
        self.assertEqual((cell.message.cell, cell.envelope["method"], cell.message.attachments), (7, "execute", [code]))
        self.assertEqual(self.link.unread, sum(len(frame.body) for frame in self.far.frames if frame.session) - 6 * limits.FRAME)

    def test_answers_go_where_the_call_came_from(self) -> None:
        call = Message(int(FrameKind.RELAY), 5, 1, 3, 9, 1, b"{}")
        self.link.answer(call, b'{"x":1}')
        self.assertEqual(self.far.hears_one().message[:5], (int(FrameKind.RELAY), 5, 1, 3, 9))

    def test_what_no_receiver_would_take_is_refused_and_not_waited_for(self) -> None:  # rule: FRM-11
        with self.assertRaisesRegex(RpcError, "tools.register: .* bytes are more") as refused:
            self.link.ask("tools.register", {"x": "y" * limits.CONTROL_MESSAGE}, self.settled.append)
        self.assertIs(refused.exception.code, ErrorCode.MESSAGE_TOO_LARGE)
        with self.assertRaises(RpcError):
            self.link.operate(1, 1, {}, b"#" * limits.MESSAGE, self.settled.append)
        self.assertEqual((self.far.hears(), self.link._replies, self.link.unread), ([], {}, 0))

    def test_output_is_told_and_its_credit_given_back(self) -> None:  # rule: TRN-1
        self.far.greets()
        self.far.writes(b"hi", cell=3)
        self.far.writes(b"ho", "stderr", cell=3, late=True)
        self.assertEqual(self.house.told, ["hello", (4, 3, b"hi", False), (5, 3, b"ho", True)])
        self.far.hears()
        for _ in range(100):  # several windows' worth
            self.far.writes(b"x" * 60_000)
            self.far.hears()
            self.assertLess(60_000 * (_ + 1) + 2 - self.far.credit[Lane.STDOUT], limits.OUTPUT_WINDOW)
        self.assertEqual(self.far.credit[Lane.STDERR], 0)

    def test_what_a_guest_made_up_is_dropped_and_counted(self) -> None:  # rule: SES-4
        for made_up in (b"{", b"[]", b"5", {"jsonrpc": "2.0", "id": 1, "result": 5}, {"jsonrpc": "2.0", "method": "x", "params": []}):
            self.far.says(made_up, FrameKind.RELAY, session=1)
        self.assertEqual((self.house.told, self.link.dropped), ([], 5))
        self.far.relays("log", {}, cell=2)
        self.assertEqual(self.house.told, [("log", 2)])

    def test_what_an_ended_generation_left_half_told_is_dropped(self) -> None:  # rule: LIF-8
        self.far.says_bytes(_first_half(generation=1))
        self.far.says_bytes(_first_half(generation=3))
        self.far.begins(3)
        self.assertEqual(self.house.told, [3])
        self.assertEqual([key[1] for key in self.link._reader._open], [3])


def _first_half(generation: int) -> bytes:
    return next(encoded_frames(Message(int(FrameKind.RELAY), 0, 1, generation, 1, 1, b"{" + b" " * 100_000)))
