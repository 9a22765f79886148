"""Whoever is no host of ours: refused in words, with bounded memory, and without harm to the runner."""

from __future__ import annotations

import json
import pathlib
import socket
import time
import unittest
from typing import Any, NamedTuple, Optional, Union

from _runner import limits
from _runner.websocket import Opcode
from tests.support.linked import LinkedHost
from tests.support.listening import PATIENCE, TOKEN, Peer, Runner, head, masked
from tests.support.processes import children, resident_kilobytes
from tests.support.tier import count, of_the_supervisor, tell, thorough
from tests.test_conformance import END, seen

setUpModule = of_the_supervisor

# What a refused peer may leave behind in the runner: R20's figure.
GROWTH_KIB = 4 * 1024

Headers = dict[str, Union[None, str, list[str]]]


class Case(NamedTuple):
    name: str
    headers: Headers
    expected: str
    first: str = "GET /v1/link HTTP/1.1"


# --- section 4 of RFC 6455, RFC 9112 where it says how a request is written ---
HANDSHAKES = [
    Case("as it should be", {}, "101"),
    Case("names and words in other cases", {"Upgrade": "WebSocket", "Connection": "keep-alive, UPGRADE"}, "101"),
    Case("the subprotocol among others", {"Sec_WebSocket_Protocol": "other, pyvisor.v1"}, "101"),
    Case("the subprotocol in a second header", {"Sec_WebSocket_Protocol": ["other", "pyvisor.v1"]}, "101"),
    Case("an extension, which is not taken up", {"Sec_WebSocket_Extensions": "permessage-deflate"}, "101"),
    Case("a query behind the path", {}, "101", "GET /v1/link?x=y HTTP/1.1"),
    *(
        Case(f"the method {method}", {}, "405 invalid_argument", f"{method} /v1/link HTTP/1.1")
        for method in ("POST", "PUT", "HEAD", "OPTIONS", "DELETE")
    ),
    Case("a method in lower case", {}, "405 invalid_argument", "get /v1/link HTTP/1.1"),
    Case("CONNECT", {}, "400 invalid_argument", "CONNECT 127.0.0.1:1 HTTP/1.1"),
    Case("another path", {}, "404 not_found", "GET / HTTP/1.1"),
    Case("a path that goes up", {}, "404 not_found", "GET /v1/status/../link HTTP/1.1"),
    Case("the status by another method", {}, "405 invalid_argument", "POST /v1/status HTTP/1.1"),
    Case("HTTP/1.0", {}, "400 invalid_argument", "GET /v1/link HTTP/1.0"),
    Case("HTTP/2.0", {}, "400 invalid_argument", "GET /v1/link HTTP/2.0"),
    Case("an absolute target", {}, "400 invalid_argument", "GET http://127.0.0.1/v1/link HTTP/1.1"),
    Case("no Upgrade", {"Upgrade": None}, "426 version_unsupported"),
    Case("an Upgrade to something else", {"Upgrade": "h2c"}, "426 version_unsupported"),
    Case("no Connection", {"Connection": None}, "426 version_unsupported"),
    Case("a Connection that is kept alive", {"Connection": "keep-alive"}, "426 version_unsupported"),
    *(
        Case(f"version {version}", {"Sec_WebSocket_Version": version}, "426 version_unsupported")
        for version in ("8", "0", "14", "13.0", "", None)
    ),
    Case("two versions", {"Sec_WebSocket_Version": ["13", "8"]}, "400 invalid_argument"),
    Case("no key", {"Sec_WebSocket_Key": None}, "400 invalid_argument"),
    Case("a short key", {"Sec_WebSocket_Key": "c2hvcnQ="}, "400 invalid_argument"),
    Case("a long key", {"Sec_WebSocket_Key": "YSBsb25nIGtleSBvZiBtb3JlIGJ5dGVz"}, "400 invalid_argument"),
    Case("a key that is not base64", {"Sec_WebSocket_Key": "*" * 24}, "400 invalid_argument"),
    Case("two keys", {"Sec_WebSocket_Key": ["dGhlIHNhbXBsZSBub25jZQ=="] * 2}, "400 invalid_argument"),
    Case("no subprotocol", {"Sec_WebSocket_Protocol": None}, "426 version_unsupported"),
    Case("a wrong subprotocol", {"Sec_WebSocket_Protocol": "pyvisor.v2"}, "426 version_unsupported"),
    Case("a body", {"Content_Length": "5"}, "400 invalid_argument"),
    Case("a body in chunks", {"Transfer_Encoding": "chunked"}, "400 invalid_argument"),
    Case("two hosts", {"Host": ["127.0.0.1", "127.0.0.1"]}, "400 invalid_argument"),
    Case("a header of one byte too much", {"X": "a" * limits.HTTP_HEAD}, "431 message_too_large"),
    Case("a header of 1 MiB", {"X": "a" * 2**20}, "431 message_too_large"),
    Case("more headers than are taken", {"X": ["a"] * (limits.HTTP_HEADERS + 1)}, "431 message_too_large"),
    Case("a folded header", {"X": "a\r\n b"}, "400 invalid_argument"),
    Case("a header folded with a tab", {"X": "a\r\n\tb"}, "400 invalid_argument"),
    Case("a header with a bare LF", {"X": "a\nb"}, "400 invalid_argument"),
    Case("a header with a bare CR", {"X": "a\rb"}, "400 invalid_argument"),
    Case("a header with a zero byte", {"X": "a\0b"}, "400 invalid_argument"),
    Case("a header that is not ASCII", {"X": "\u00e9"}, "400 invalid_argument"),
    Case("a space before the colon", {"X ": "a"}, "400 invalid_argument"),
    Case("a header without a name", {"": "a"}, "400 invalid_argument"),
    # --- the token, in every way in which it may be wrong ---
    *(
        Case(f"the authorization {str(given)[:20]!r}", {"Authorization": given}, "401 unauthenticated")
        for given in (
            None, "", "Bearer", "Bearer x", f"Bearer {TOKEN[:-1]}", f"Bearer {TOKEN}t", f"Bearer {TOKEN.upper()}",
            f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN} {TOKEN}", f"Bearer {'t' * 8000}",
        )
    ),
    Case("the token in the path", {"Authorization": None}, "401 unauthenticated", f"GET /v1/link?token={TOKEN} HTTP/1.1"),
    Case("the token as a subprotocol", {"Authorization": None, "Sec_WebSocket_Protocol": f"pyvisor.v1, {TOKEN}"}, "401 unauthenticated"),
    Case("two tokens", {"Authorization": [f"Bearer {TOKEN}"] * 2}, "400 invalid_argument"),
    Case("the status without a token", {"Authorization": None}, "401 unauthenticated", "GET /v1/status HTTP/1.1"),
]  # fmt: skip

# R37: whoever has the token, as a page of a browser or by a name that was made to mean this machine.
HERE = "{here}"
ORIGINS_AND_HOSTS = [
    Case("no origin, the bound name", {}, "101"),
    Case("no origin, localhost", {"Host": "localhost:{port}"}, "101"),
    Case("no origin, LOCALHOST", {"Host": "LOCALHOST:{port}"}, "101"),
    Case("no origin, no host", {"Host": None}, "403 permission_denied"),
    Case("no origin, the name without its port", {"Host": "127.0.0.1"}, "403 permission_denied"),
    Case("no origin, another port", {"Host": "127.0.0.1:1"}, "403 permission_denied"),
    Case("no origin, a rebound name", {"Host": "rebound.example:{port}"}, "403 permission_denied"),
    Case("no origin, a name that begins as ours", {"Host": HERE + ".evil.example"}, "403 permission_denied"),
    Case("a foreign origin, the bound name", {"Origin": "https://evil.example"}, "403 origin_forbidden"),
    Case("a foreign origin, a rebound name",
         {"Origin": "http://rebound.example:{port}", "Host": "rebound.example:{port}"}, "403 permission_denied"),
    Case("our own name as the origin", {"Origin": "http://" + HERE}, "403 origin_forbidden"),
    Case("the origin null, of a file", {"Origin": "null"}, "403 origin_forbidden"),
    Case("an empty origin", {"Origin": [""]}, "403 origin_forbidden"),
]  # fmt: skip


class StrangersTest(unittest.TestCase):
    payload: Optional[pathlib.Path] = None  # ours

    def setUp(self) -> None:
        self.runner = Runner(self.payload)
        self.addCleanup(self.runner.__exit__, None, None, None)

    def judge(self, cases: list[Case]) -> None:
        before = self.runner.status()
        wrong = 0
        for case in cases:
            wrong += case.expected.startswith("401")
            if wrong == limits.AUTH_FAILURES:  # the next one would be told to wait
                wrong = 0
                self.setUp()
                before = self.runner.status()
            with self.subTest(case.name), Peer(self.runner) as peer:
                headers = {name: self.here(value) for name, value in case.headers.items()}
                peer.send(peer.request(case.first, **headers))
                found = told(peer)
                tell(f"{case.name:50} | {case.expected:24} | {found}")
                self.assertEqual(found, case.expected)
        after = self.runner.status()
        self.assertEqual((after["pid"], after["attaches"]), (before["pid"], 0))

    def here(self, value: Union[None, str, list[str]]) -> Union[None, str, list[str]]:
        if not isinstance(value, str):
            return value
        return value.replace(HERE, self.runner.authority).replace("{port}", str(self.runner.address[1]))

    def test_every_request_is_taken_or_refused_by_its_status(self) -> None:
        self.judge(HANDSHAKES)

    def test_no_page_of_a_browser_and_no_other_name_gets_in(self) -> None:  # rule: W34
        self.judge(ORIGINS_AND_HOSTS)

    def test_the_token_is_in_no_command_line_no_environment_and_no_answer(self) -> None:  # rule: W34
        with LinkedHost(self.runner) as host:
            host.open()
            host.execute("import os\nprint(dict(os.environ), open('/proc/self/cmdline').read())")
            self.assertIn("PATH", host.text())
            self.assertNotIn(TOKEN, host.text())
            for pid in (self.runner.process.pid, host.kernel(), *children(self.runner.process.pid)):
                for file in ("cmdline", "environ"):
                    with open(f"/proc/{pid}/{file}", "rb") as shown:
                        self.assertNotIn(TOKEN.encode(), shown.read(), f"{file} of {pid}")
        self.assertNotIn(TOKEN, json.dumps(self.runner.status()))
        with Peer(self.runner) as peer:
            peer.ask(Authorization=f"Bearer {TOKEN}x")
            self.assertNotIn(TOKEN, json.dumps(peer.answer()[1]))

    def test_what_comes_right_behind_the_request_is_read(self) -> None:
        with Peer(self.runner) as peer:
            peer.ask(behind=masked(Opcode.PING, b"a") + END)
            self.assertEqual(peer.answer()[0], 101)
            self.assertEqual(seen(peer), "pong 'a', pong 'end'")

    def test_what_is_no_http_is_told_so_at_its_first_bytes(self) -> None:
        for garbage in (b"\x16\x03\x01\x02\x00\x01\x00", b"SSH-2.0-x\r\n", b"\x82\x85", b"{}", b"\r\n\r\n"):
            with self.subTest(garbage), Peer(self.runner) as peer:
                peer.send(garbage)
                self.assertEqual(told(peer), "400 invalid_argument")

    def test_a_request_of_bare_line_feeds_is_told_so_at_once(self) -> None:
        with Peer(self.runner) as peer:
            peer.send(peer.request().replace(b"\r\n", b"\n"))
            begun = time.monotonic()
            self.assertEqual(told(peer), "400 invalid_argument")
            self.assertLess(time.monotonic() - begun, limits.ATTACH_SECONDS)

    def test_garbage_after_the_upgrade_is_a_broken_rule(self) -> None:
        for garbage in (b"\xff" * 100, b"GET / HTTP/1.1\r\n\r\n", b"\0" * 100):
            with self.subTest(garbage), Peer(self.runner) as peer:
                peer.open().send(garbage)
                self.assertEqual(seen(peer), "close 1002")

    def test_a_peer_that_is_refused_leaves_no_memory_behind(self) -> None:
        times = count("peers refused in each of five ways", 40, 1000)
        self.refuse(times // 2)  # as many at once as there will be: what their number costs is no growth
        before = self.settled()
        self.refuse(times)
        self.assert_no_growth(before, "refused peers")

    def refuse(self, times: int) -> None:
        for _ in range(times):
            for sent, expected in (
                (head(Opcode.BINARY, 2**40), "close 1009"),
                (masked(Opcode.BINARY, fin=False) + masked(Opcode.CONTINUATION, fin=False) * 2000, "close 1009"),
                (masked(Opcode.BINARY, b"\x01" + b"[" * 60_000), "close 4400"),
                (masked(Opcode.TEXT, b"x" * 60_000), "close 1003"),
            ):
                with Peer(self.runner) as peer:
                    peer.open().send(sent)
                    self.assertEqual(seen(peer), expected)
            with Peer(self.runner) as peer:
                peer.ask(X="a" * 2**20)
                self.assertEqual(told(peer), "431 message_too_large")

    def test_empty_fragments_without_end_cost_no_memory(self) -> None:
        before = self.settled()
        many = count("empty fragments of one message", 20_000, 1_000_000)
        with Peer(self.runner) as peer:
            peer.open()
            try:
                peer.send(masked(Opcode.BINARY, fin=False))
                for _ in range(many // 1000):
                    peer.send(masked(Opcode.CONTINUATION, fin=False) * 1000)
            except OSError:
                pass  # it does not wait for all of them
            self.assertIn(seen(peer), ("close 1009", "close 1009, reset"))
        self.assert_no_growth(before, "empty fragments")

    def test_a_host_that_pings_and_reads_no_answer_gets_no_memory(self) -> None:
        kinds = (
            ("websocket", masked(Opcode.PING, b"p" * 125), 400_000), ("link", masked(Opcode.BINARY, b"\x05" + bytes(8)), 4_000_000)
        )
        for name, ping, enough in kinds if thorough() else kinds[:1]:
            with self.subTest(name), Peer(self.runner) as peer:
                peer.open().attach(self.runner.status()["incarnation"])
                before = self.settled()
                with self.assertRaises(ConnectionError):  # the runner leaves, it does not take them for ever
                    for _ in range(enough // 1000):
                        peer.send(ping * 1000)
                self.assert_no_growth(before, f"pings of the {name} whose answers nobody reads")

    def test_whoever_is_slow_is_ended_at_the_deadline_of_the_attach(self) -> None:
        """A byte now and then, of the request or of the attach; or nothing at all."""
        peers = {name: Peer(self.runner) for name in ("silent", "request by bytes", "no attach", "attach by bytes", "pings")}
        for name in ("no attach", "attach by bytes", "pings"):
            peers[name].open()
        rest = {"request by bytes": peers["silent"].request(), "attach by bytes": masked(Opcode.BINARY, b"\x01" + b"[" * 100),
                "pings": masked(Opcode.PING) * 100}  # fmt: skip
        begun = time.monotonic()
        found: dict[str, str] = {}
        while len(found) < len(peers) and time.monotonic() - begun < PATIENCE:
            for name, peer in peers.items():
                if name not in found and rest.get(name):
                    try:
                        peer.send(rest[name][:1])
                        rest[name] = rest[name][1:]
                    except OSError:
                        rest[name] = b""
            for name in [name for name in peers if name not in found and ended(peers[name], 0.02)]:
                found[name] = told(peers[name]) if name in ("silent", "request by bytes") else seen(peers[name]).split(", ")[-1]
        took = time.monotonic() - begun
        for peer in peers.values():
            peer.socket.close()
        tell(f"slow peers, ended after {took:.1f} s (the deadline is {limits.ATTACH_SECONDS} s): {found}")
        self.assertEqual(
            found,
            {
                "silent": "408 attach_timeout", "request by bytes": "408 attach_timeout", "no attach": "close 4408",
                "attach by bytes": "close 4408", "pings": "close 4408",
            },
        )  # fmt: skip
        self.assertEqual(self.runner.status()["attaches"], 0)

    def test_more_connections_than_there_may_be_are_refused_and_end_none_that_is_there(self) -> None:
        before = self.settled()
        with Peer(self.runner) as host:
            host.open().attach()
            strangers = [Peer(self.runner) for _ in range(limits.CONNECTIONS - 1)]
            for stranger in strangers:
                self.addCleanup(stranger.socket.close)
                stranger.open()  # each has its place
            for _ in range(count("connections beyond the bound", 100, 2000)):
                with Peer(self.runner) as late:
                    self.assertEqual(told(late), "429 resource_exhausted")
            host.send(END)
            self.assertEqual(seen(host), "pong 'end'")
            for stranger in strangers:
                stranger.socket.close()
            until_answered(self.runner)
        self.assert_no_growth(before, "connections beyond the bound")

    # --- memory ---

    def settled(self) -> int:
        """The runner's memory, once it has done everything a first time."""
        for _ in range(20):
            self.runner.status()
        return resident_kilobytes(self.runner.process.pid)

    def assert_no_growth(self, before: int, what: str) -> None:
        growth = resident_kilobytes(self.runner.process.pid) - before
        tell(f"memory of the runner after {what}: {growth} KiB more (at most {GROWTH_KIB})")
        self.assertLess(growth, GROWTH_KIB, what)
        self.runner.status()


def told(peer: Peer) -> str:
    """Status and code of an HTTP answer, after which the connection ends; or 101."""
    try:
        status, body = peer.answer()
    except (EOFError, ConnectionResetError) as problem:
        return type(problem).__name__
    if status == 101:
        return "101"
    assert body["error"]["status"] == status and body["error"]["message"], json.dumps(body)
    return f"{status} {body['error']['code']}"


def ended(peer: Peer, seconds: float) -> bool:
    """Whether something has come that is no pong: each of these peers hears nothing else before its end."""
    peer.socket.settimeout(seconds)
    try:
        data = peer.socket.recv(65_536, socket.MSG_PEEK)
    except socket.timeout:
        return False
    except OSError:
        return True
    finally:
        peer.socket.settimeout(PATIENCE)
    return not data or data[:1] != b"\x8a" or b"\x88" in data


def until_answered(runner: Runner) -> dict[str, Any]:
    """The first status that is answered again; each attempt is a whole request."""
    deadline = time.monotonic() + PATIENCE
    problem: Optional[BaseException] = None
    while time.monotonic() < deadline:
        try:
            return runner.status()
        except (AssertionError, EOFError, OSError) as refused:
            problem = refused
    raise AssertionError("no answer") from problem
