"""What reads a stranger's bytes: random courses of a grammar, with and without changed bytes. Only what is documented is raised.

PYVISOR_SEED repeats a course.
"""

from __future__ import annotations

import os
import random
import struct
import tracemalloc
import unittest
from typing import Callable

from _runner import limits, link, upgrade, websocket
from _runner.errors import ProtocolError
from _runner.given_up import GivenUp
from _runner.link import Kind, Link, Sequenced
from _runner.upgrade import Refused, RequestReader
from _runner.websocket import Broken
from tests.support.listening import MASK, TOKEN
from tests.support.tier import count, not_on_each, tell
from tests.test_upgrade import GUARD, HEADERS

setUpModule = not_on_each

LIMIT = 1000  # of a message, so that many are at it
CODES = {1002, 1003, 1007, 1009}
STATUSES = {400, 401, 403, 404, 405, 426, 431}
GROWTH = 2 * limits.MIB  # of all that a parser keeps, however long it is fed


class FuzzTest(unittest.TestCase):
    def setUp(self) -> None:
        self.seed = int(os.environ.get("PYVISOR_SEED") or random.randrange(2**32))
        self.pick = random.Random(self.seed)
        tell(f"{self._testMethodName}: PYVISOR_SEED={self.seed}")

    def bounded(self, work: Callable[[], None]) -> None:
        """What is kept while it runs is bounded too."""
        tracemalloc.start()
        try:
            work()
            self.assertLess(tracemalloc.get_traced_memory()[1], GROWTH, f"seed {self.seed}")
        finally:
            tracemalloc.stop()

    # --- websocket.Reader ---

    def test_frames_are_events_or_a_broken_rule_and_nothing_else(self) -> None:  # R20, F20
        ends: dict[str, int] = {}

        def work() -> None:
            for attempt in range(count("courses of frames", 1_000, 100_000)):
                reader, data = websocket.Reader(LIMIT), self.changed(b"".join(self.frame() for _ in range(self.pick.randrange(1, 12))))
                end = "read"
                try:
                    for part in self.cut(data):
                        for event in reader.feed(part):
                            self.assertIsInstance(event, (websocket.Message, websocket.Ping, websocket.Pong, websocket.Close))
                            if isinstance(event, websocket.Message):
                                self.assertLessEqual(len(event.body), LIMIT)
                except Broken as rule:
                    self.assertIn(rule.code, CODES, f"seed {self.seed}, attempt {attempt}")
                    self.assertEqual(list(reader.feed(b"more")), [], "nothing is read after a broken rule")
                    end = f"{rule.code} {rule.text.split(' of ')[0][:30]}"
                ends[end] = ends.get(end, 0) + 1

        self.bounded(work)
        tell(f"seed {self.seed}: {len(ends)} ends, {ends.get('read', 0)} of them whole")
        self.assertGreater(ends["read"], 0)
        self.assertGreater(len(ends), 8, ends)

    def frame(self) -> bytes:
        """Mostly one that may be sent; often at a bound."""
        pick = self.pick
        opcode = pick.choice((0, 0, 2, 2, 2, 8, 9, 10, pick.randrange(16)))
        size = pick.choice((0, 1, 2, 3, 4, 125, 126, 127, LIMIT, LIMIT + 1, pick.randrange(300)))
        body = struct.pack(">H", pick.choice((1000, 1005, 3000, 4409))) if opcode == 8 and pick.random() < 0.7 else bytes(size)
        first = (0x80 if pick.random() < 0.7 else 0) | opcode | (pick.choice((0x10, 0x20, 0x40)) if pick.random() < 0.03 else 0)
        claimed = pick.choice((2**16, 2**32, 2**62, 2**63)) if pick.random() < 0.03 else len(body)
        masked = 0x80 if pick.random() < 0.98 else 0
        if claimed < 126 and pick.random() < 0.97:
            length = bytes((masked | claimed,))
        elif claimed < 65_536 and pick.random() < 0.95:
            length = struct.pack(">BH", masked | 126, claimed)
        else:
            length = struct.pack(">BQ", masked | 127, claimed)
        return bytes((first,)) + length + MASK + websocket.unmask(body, MASK)

    # --- upgrade.RequestReader, and what judges its request ---

    def test_a_request_is_taken_or_refused_and_nothing_else(self) -> None:  # R20, F20
        statuses: dict[int, int] = {}

        def work() -> None:
            for attempt in range(count("requests", 1_000, 100_000)):
                status, reader = 0, RequestReader()
                try:
                    for part in self.cut(self.changed(self.request())):
                        found = reader.feed(part)
                        if found is not None:
                            GUARD.check(found[0])
                            upgrade.accept(found[0])
                            status = 101
                            break
                except Refused as refused:
                    status = refused.status
                    self.assertIn(status, STATUSES, f"seed {self.seed}, attempt {attempt}")
                    self.assertTrue(refused.answer().startswith(b"HTTP/1.1 %d " % status))
                statuses[status] = statuses.get(status, 0) + 1

        self.bounded(work)
        tell(f"seed {self.seed}: {dict(sorted(statuses.items()))}")
        self.assertLess({0, 101, 400, 401, 403}, set(statuses))

    def request(self) -> bytes:
        pick = self.pick
        headers = [(name, value) for name, value in HEADERS.items() if pick.random() < 0.98]
        for _ in range(pick.choice((0, 0, 0, 1, 2, 120))):
            name = pick.choice((*HEADERS, "Origin", "Content-Length", "Transfer-Encoding", "X", "", "X ", "\xe9"))
            headers.append((name, pick.choice(("", "0", "1", "a" * 300, "a\tb", "\x7f", "chunked", f"Bearer {TOKEN}"))))
        pick.shuffle(headers)
        end = "\r\n" if pick.random() < 0.97 else pick.choice(("\n", "\r", "\r\n ", "\n\r"))
        first = " ".join((pick.choice(("GET", "GET", "GET", "POST", "get")), pick.choice(("/v1/link", "/v1/link", "/", "x")), "HTTP/1.1"))
        text = end.join([first, *(f"{name}: {value}" for name, value in headers)])
        return text.encode("latin-1") + b"\r\n\r\n" * (pick.random() < 0.95)

    # --- link.decode, and what takes its words ---

    def test_a_message_of_the_link_is_a_word_or_a_broken_rule_and_nothing_else(self) -> None:  # R3, R20, F20
        rules: dict[str, int] = {}

        def work() -> None:
            for attempt in range(count("courses of words", 1_000, 100_000)):
                far, rule = Link(), "taken"
                far.sender.write(bytes(500))
                while far.next_message():
                    pass
                taken = 0
                try:
                    for _ in range(self.pick.randrange(1, 12)):
                        word = link.decode(self.changed(self.word(far)))
                        if word is not None:
                            taken += len(far.take(word))
                        if isinstance(word, Sequenced) and isinstance(word.record, GivenUp):
                            taken = far.receiver.received - far.whole.held  # it stands for more or less than it has
                except ProtocolError as problem:
                    rule = problem.rule
                    self.assertIn(rule, ("REC-1", "REC-19", "REC-2", "REC-3"), f"seed {self.seed}, attempt {attempt}")
                self.assertEqual(taken + far.whole.held, far.receiver.received, "each byte once")
                self.assertLessEqual(far.sender.acked, 500, "nothing is freed that was never sent")
                rules[rule] = rules.get(rule, 0) + 1

        self.bounded(work)
        tell(f"seed {self.seed}: {dict(sorted(rules.items()))}")
        self.assertEqual(set(rules), {"taken", "REC-1", "REC-19", "REC-2", "REC-3"})

    def word(self, far: Link) -> bytes:
        pick, received = self.pick, far.receiver.received
        odd = (0, 1, 2**31, 2**32, 2**63 - 1, 2**63, 2**64 - 1)
        ack = pick.choice((far.sender.acked, 500, pick.randrange(600), *odd[: 2 + pick.randrange(2)]))
        kind = pick.choice((*(int(kind) for kind in Kind), int(Kind.RECORD), int(Kind.RECORD), int(Kind.ACK), pick.randrange(256)))
        if kind == Kind.RECORD:
            offset = pick.choice((received, received, received, max(0, received - pick.randrange(40)), pick.choice(odd)))
            return struct.pack(">BQQ", kind, offset, ack) + bytes(pick.choice((0, 1, 30)))
        if kind == Kind.GIVEN_UP:
            offset = pick.choice((received, received, max(0, received - pick.randrange(40)), pick.choice(odd)))
            end = pick.choice((offset + 30, offset + pick.randrange(99), pick.choice(odd))) % 2**64
            frame = struct.pack(">I", pick.choice((20, 20, 60, pick.randrange(99)))) + bytes(pick.choice((20, 20, 0, 50)))
            return struct.pack(">BQQQ", kind, offset, ack, end) + frame
        if kind in (Kind.ACK, Kind.PING, Kind.PONG):
            return struct.pack(">BQ", kind, ack)
        said = pick.choice((b"{}", b'{"a":1}', b"[]", b"null", b"NaN", b"{", b"", b"[" * 5000, b'{"a":' * 500 + b"1" + b"}" * 500,
                            b'"\\ud800"', b"\xff", b"1" * 5000, b"1e999", b'{"a":' + b"9" * 6000 + b"}"))  # fmt: skip
        return bytes((kind,)) + said

    # --- changes ---

    def changed(self, data: bytes) -> bytes:
        """The same; or with bytes that are changed, lost, doubled or added."""
        pick, out = self.pick, bytearray(data)
        for _ in range(pick.choice((0, 0, 0, 1, 1, 3))):
            at = pick.randrange(len(out) + 1)
            what = pick.randrange(4)
            if what == 0:
                out[at : at + 1] = bytes((pick.randrange(256),))
            elif what == 1:
                del out[at : at + pick.randrange(20)]
            elif what == 2:
                out[at:at] = out[at : at + pick.randrange(20)]
            else:
                out[at:at] = bytes(pick.randrange(256) for _ in range(pick.randrange(9)))
        return bytes(out)

    def cut(self, data: bytes) -> list[bytes]:
        ends = sorted(self.pick.randrange(len(data) + 1) for _ in range(self.pick.randrange(4)))
        return [data[start:end] for start, end in zip([0, *ends], [*ends, len(data)])]
