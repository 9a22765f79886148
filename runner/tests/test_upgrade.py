"""upgrade.py: what stands before the websocket is judged strictly, and told what was wrong."""

from __future__ import annotations

import hashlib
import random
import unittest

from _runner import limits, upgrade
from _runner.upgrade import Guard, Refused, Request, RequestReader

TOKEN = "t" * 43
GUARD = Guard(hashlib.sha256(TOKEN.encode()).digest(), frozenset({"127.0.0.1:8000", "localhost:8000"}))
HEADERS = {
    "Host": "127.0.0.1:8000",
    "Authorization": f"Bearer {TOKEN}",
    "Upgrade": "websocket",
    "Connection": "keep-alive, Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Protocol": "other, pyvisor.v1",
}


def text(first: str = "GET /v1/link HTTP/1.1", **changed: object) -> bytes:
    """A good request, with these headers changed; None: without it."""
    headers = {**HEADERS, **{name.replace("_", "-"): value for name, value in changed.items()}}
    lines = [f"{name}: {value}" for name, value in headers.items() if value is not None]
    return "\r\n".join([first, *lines, "", ""]).encode()


def request(first: str = "GET /v1/link HTTP/1.1", **changed: object) -> Request:
    return RequestReader().feed(text(first, **changed))[0]


class ReadingTest(unittest.TestCase):
    def assert_refused(self, status: int, data: bytes, says: str = "") -> None:
        with self.assertRaises(Refused) as caught:
            RequestReader().feed(data)
        self.assertEqual(caught.exception.status, status, str(caught.exception))
        self.assertIn(says, caught.exception.message)

    def test_a_request_is_the_same_however_its_bytes_are_cut(self) -> None:
        data = text()
        for cut in range(1, len(data)):
            reader = RequestReader()
            self.assertIsNone(reader.feed(data[:cut]), cut)
            found, rest = reader.feed(data[cut:] + b"behind")
            self.assertEqual((found, rest), (request(), b"behind"), cut)

    def test_what_is_no_http_is_refused_at_its_first_bytes(self) -> None:
        for garbage in (b"\x16\x03\x01", b"{", b"\r\n", b"\x00", b"get /", b"SSH-2.0-x"):
            with self.subTest(garbage):
                self.assert_refused(400, garbage, "no HTTP")

    def test_a_head_without_end_is_refused_at_the_limit(self) -> None:
        reader = RequestReader()
        self.assertIsNone(reader.feed(text()[:-2] + b"X: " + b"x" * (limits.HTTP_HEAD - len(text()) - 1)))
        with self.assertRaisesRegex(Refused, "431"):
            reader.feed(b"xx")
        self.assert_refused(431, text(X="x" * limits.HTTP_HEAD))

    def test_what_could_be_read_in_two_ways_is_refused(self) -> None:
        for first in ("GET /", "GET  / HTTP/1.1", "GET x HTTP/1.1", "GET /a b HTTP/1.1", "G3T / HTTP/1.1", "GET / HTTP/1.0"):
            with self.subTest(first):
                self.assert_refused(400, text(first))
        for line in (b"NoColon", b": nameless", b"Space : x", b" folded", b"A: b\x00c", b"A: b\nc: d", b"\xc3\xa9: x"):
            with self.subTest(line):
                self.assert_refused(400, b"GET / HTTP/1.1\r\n" + line + b"\r\n\r\n")
        self.assert_refused(400, text(Content_Length="5"), "body")
        self.assert_refused(400, text(Transfer_Encoding="chunked"), "body")
        self.assert_refused(431, b"GET / HTTP/1.1" + b"\r\nA: b" * (limits.HTTP_HEADERS + 1) + b"\r\n\r\n")

    def test_changed_bytes_are_a_request_or_a_refusal_and_nothing_else(self) -> None:
        seed = random.randrange(2**32)
        pick = random.Random(seed)
        for attempt in range(2000):
            data = bytearray(text())
            for change in range(pick.randrange(1, 4)):
                data[pick.randrange(len(data))] = pick.randrange(256)
            try:
                found = RequestReader().feed(bytes(data))
                if found is not None:
                    GUARD.check(found[0])
                    upgrade.accept(found[0])
            except Refused as refused:
                self.assertIn(refused.status, (400, 401, 403, 405, 426, 431), f"seed {seed}, attempt {attempt}")


class GuardTest(unittest.TestCase):
    def status(self, **changed: object) -> int:
        try:
            GUARD.check(request(**changed))
        except Refused as refused:
            return refused.status
        return 101

    def test_only_the_whole_token_opens(self) -> None:
        self.assertEqual(self.status(), 101)
        self.assertEqual(self.status(Authorization=f"bearer {TOKEN}"), 101)
        for wrong in (None, "", "Bearer", "Bearer ", f"Bearer {TOKEN[:-1]}", f"Bearer {TOKEN}t", f"Basic {TOKEN}", TOKEN):
            with self.subTest(wrong):
                self.assertEqual(self.status(Authorization=wrong), 401)

    def test_every_wrong_token_gets_the_same_answer(self) -> None:
        answers = set()
        for wrong in (None, "Bearer x", f"Basic {TOKEN}"):
            with self.assertRaises(Refused) as caught:
                GUARD.check(request(Authorization=wrong))
            answers.add(caught.exception.answer())
        self.assertEqual(len(answers), 1)
        self.assertIn(b"WWW-Authenticate: Bearer\r\n", answers.pop())

    def test_a_page_of_a_browser_and_another_name_are_refused_before_the_token_is_looked_at(self) -> None:
        for origin in ("http://evil.example", "null", "http://127.0.0.1:8000", ""):
            with self.subTest(origin):
                self.assertEqual(self.status(Origin=origin), 403)
                self.assertEqual(self.status(Origin=origin, Authorization=None), 403)
        for host in (None, "", "rebound.example:8000", "127.0.0.1", "127.0.0.1:8001"):
            with self.subTest(host):
                self.assertEqual(self.status(Host=host), 403)
        self.assertEqual(self.status(Host="LOCALHOST:8000"), 101)
        allowing = GUARD._replace(origins=frozenset({"https://tool.example"}))
        allowing.check(request(Origin="https://tool.example"))

    def test_a_header_that_decides_may_be_there_once(self) -> None:
        for name in ("Host", "Authorization", "Origin"):
            twice = text(**{name: "a\r\n" + f"{name}: b"})
            with self.subTest(name), self.assertRaisesRegex(Refused, "400.*2 times"):
                GUARD.check(RequestReader().feed(twice)[0])


class StrikesTest(unittest.TestCase):
    def test_an_address_with_too_many_wrong_tokens_waits_and_another_does_not(self) -> None:
        strikes = upgrade.Strikes()
        for at in range(limits.AUTH_FAILURES):
            strikes.count("192.0.2.1", at)
        with self.assertRaises(Refused) as caught:
            strikes.count("192.0.2.1", limits.AUTH_FAILURES)
        self.assertEqual((caught.exception.status, caught.exception.headers), (429, {"Retry-After": "51"}))
        strikes.count("192.0.2.2", limits.AUTH_FAILURES)
        strikes.count("192.0.2.1", limits.AUTH_SECONDS)

    def test_the_memory_for_addresses_is_bounded(self) -> None:
        strikes = upgrade.Strikes()
        for at in range(2 * limits.AUTH_ADDRESSES):
            strikes.count(str(at), 0)
        self.assertEqual(len(strikes._by_address), limits.AUTH_ADDRESSES)


class AcceptTest(unittest.TestCase):
    def test_the_example_of_the_rfc(self) -> None:
        answer = upgrade.accept(request())
        self.assertTrue(answer.startswith(b"HTTP/1.1 101 "))
        self.assertIn(b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n", answer)
        self.assertIn(b"Sec-WebSocket-Protocol: pyvisor.v1\r\n\r\n", answer)
        self.assertNotIn(b"Extensions", answer)

    def test_whatever_is_no_websocket_of_ours_is_told_what_is(self) -> None:
        for status, changed in (
            (426, {"Upgrade": None}), (426, {"Upgrade": "h2c"}), (426, {"Connection": "keep-alive"}),
            (426, {"Sec_WebSocket_Version": "8"}), (426, {"Sec_WebSocket_Version": None}),
            (426, {"Sec_WebSocket_Protocol": "pyvisor.v2"}), (426, {"Sec_WebSocket_Protocol": None}),
            (400, {"Sec_WebSocket_Key": None}), (400, {"Sec_WebSocket_Key": "c2hvcnQ="}),
            (400, {"Sec_WebSocket_Key": "*" * 24}), (400, {"Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Key: x"}),
            (405, {"first": "POST /v1/link HTTP/1.1"}),
        ):  # fmt: skip
            with self.subTest(changed), self.assertRaises(Refused) as caught:
                upgrade.accept(request(**changed))
            self.assertEqual(caught.exception.status, status, str(caught.exception))

    def test_a_refusal_is_a_whole_answer_of_json(self) -> None:
        answer = Refused(426, "version_unsupported", 'say "13"', Sec_WebSocket_Version="13").answer()
        head, _, body = answer.partition(b"\r\n\r\n")
        self.assertIn(f"Content-Length: {len(body)}".encode(), head)
        self.assertIn(b"Sec-WebSocket-Version: 13", head)
        self.assertEqual(
            body, b'{"error":{"code":"version_unsupported","status":426,"message":"say \\"13\\""}}'
        )
