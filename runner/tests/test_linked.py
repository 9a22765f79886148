"""What a link that may be cut rests on, each mechanism seen from outside: a real runner, a real socket, a host that misbehaves."""

from __future__ import annotations

import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
from typing import Any, Optional

from _runner import limits
from _runner.frames import Frame, FrameKind, encode, encode_credit
from _runner.link import Kind
from _runner.websocket import Opcode
from tests import SOURCES
from tests.support.linked import LinkedHost
from tests.support.listening import Peer, Runner, attach, masked, record
from tests.support.processes import resident_kilobytes, until
from tests.support.tier import count, of_the_supervisor, tell
from tests.test_conformance import seen
from tests.test_strangers import told

setUpModule = of_the_supervisor

# For what comes at once, or after 50 ms, on a machine that does much else.
SOON = 10.0
MANY = 16 * limits.MIB


class LinkedTest(unittest.TestCase):
    payload: Optional[pathlib.Path] = None  # ours

    def setUp(self) -> None:
        self.runner = Runner(self.payload)
        self.addCleanup(self.runner.__exit__, None, None, None)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="pyvisor-linked-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def test_a_cell_prints(self) -> None:
        with LinkedHost(self.runner) as host:
            host.open()
            host.execute("print(1)")
            self.assertEqual(host.text(), "1\n")

    def test_a_record_that_comes_twice_is_taken_once(self) -> None:  # R2
        with LinkedHost(self.runner) as host:
            host.doubling = True
            host.open()
            host.execute("runs = globals().get('runs', 0) + 1\nprint(runs)")
            host.execute("print(runs)")
            self.assertEqual(host.text(), "1\n")
            self.assertEqual(self.runner.status()["receivedBytes"], host.link.sender.acked + host.link.sender.unacked)

    def test_a_request_that_the_host_gives_up_is_answered_so_and_the_session_lives(self) -> None:  # rule: REC-19
        with LinkedHost(self.runner) as host:
            host.open()
            host.execute("kept = 1")
            for seen in (0, 30, 60):  # bytes of it that the runner has
                host.wait_for(lambda: not host._queue and not host.link.sender.unacked)
                number = host.start("kept = 2")
                (frame,) = host._queue
                host._queue.clear()
                sender = host.link.sender
                sender.write(frame)
                at = sender.acked
                if seen:
                    # What the records of a smaller size have brought, before the link died of what follows.
                    host.peer.send(record(at, host.link.receiver.received, frame[:seen]))
                    sender.take()
                    until(lambda: self.runner.status()["receivedBytes"] == at + seen, SOON)
                    sender.acknowledge(at + seen)
                for _ in range(limits.RECORD_CUTS_BEFORE_POISON):
                    sender.cut()
                    sender.resume(at + seen)
                    sender.take()
                sender.cut()
                sender.resume(at + seen)
                self.assertGreater(sender.given_up, 0)
                host._say()
                error = host.answer(number)["error"]
                self.assertEqual(error["data"]["code"], "transport_poison")
                self.assertIn("no connection survived the record at byte", error["message"])
                host.output.clear()
                host.execute("print(kept)")
                self.assertEqual(host.text(), "1\n")
            self.assertEqual(self.runner.status()["receivedBytes"], host.link.sender.acked + host.link.sender.unacked)

    def test_what_is_taken_over_is_acknowledged_though_nothing_goes_the_other_way(self) -> None:  # R3
        with LinkedHost(self.runner) as host:
            host.open()
            host.peer.socket.settimeout(SOON)
            half = encode_credit(1, 1, 1)[:10]
            end = host.link.sender.acked + host.link.sender.unacked + len(half)
            host.peer.send(host.message(half))
            opcode, body = host.peer.frame()
            while body != bytes((Kind.ACK,)) + end.to_bytes(8, "big"):
                opcode, body = host.peer.frame()

    def test_what_came_in_one_segment_with_a_close_is_passed_on(self) -> None:  # R32
        with LinkedHost(self.runner) as host:
            host.open()
            mark = self.folder / "mark"
            host.start(f"open({str(mark)!r}, 'w').close()")
            host.peer.send(host.message(host.queued()) + masked(Opcode.CLOSE, b"\x03\xe8"))
            until(mark.exists, SOON)

    def test_the_last_words_of_a_runner_come_before_its_end(self) -> None:  # R32
        with LinkedHost(self.runner) as host:
            host.peer.socket.settimeout(SOON)
            host.send_bytes(b"this is no frame")
            host.wait_for_end()
            self.assertEqual(host.replies[None]["error"]["data"]["rule"], "FRM-2")

    def test_late_words_of_a_connection_that_was_superseded_are_not_taken(self) -> None:  # rule: W34
        with LinkedHost(self.runner) as host:
            host.open()
            mark = self.folder / "mark"
            host.start(f"open({str(mark)!r}, 'w').close()")
            late = host.message(host.queued())  # as if a hole in the network had held it
            before = self.runner.status()["receivedBytes"]
            host.link.sender.resume(before)
            lost = host.link.sender
            host.link = type(host.link)()  # the host that comes next never said it
            host.link.sender.write(bytes(before))
            host.link.receiver.received = lost_received = self.runner.status()["ackedBytes"]
            old = host.peer
            answer = Peer(self.runner).open()
            self.addCleanup(answer.socket.close)
            self.assertEqual(answer.attach(host.incarnation, lost_received)["received"], before)
            try:
                old.send(late)
                self.assertEqual(seen(old), "close 4409")
            except ConnectionError:
                pass  # it was closed before
            self.assertEqual(self.runner.status()["receivedBytes"], before)
            self.assertFalse(mark.exists())

    def test_of_two_connections_that_race_nothing_of_the_older_is_taken_behind_the_newer_s_attach(self) -> None:  # R10, F8
        seed = int(os.environ.get("PYVISOR_SEED") or random.randrange(2**32))
        pick, ping = random.Random(seed), encode(Frame(FrameKind.PING, 0, 0, 0, 0, 0, 0, b"x"))
        rounds, taken, received = count("races of two connections", 40, 1000), 0, 0
        older = Peer(self.runner).open()
        incarnation = older.attach()["incarnation"]
        for _ in range(rounds):
            with older, Peer(self.runner).open() as newer:
                word = record(received, 0, ping)
                if pick.random() < 0.5:
                    older.send(word)
                    newer.send(attach(incarnation))
                else:
                    newer.send(attach(incarnation))
                    older.send(word)
                found = said(newer)["received"]
                self.assertIn(found - received, (0, len(ping)), f"PYVISOR_SEED={seed}")
                self.assertEqual(self.runner.status()["receivedBytes"], found, f"PYVISOR_SEED={seed}")
                taken, received = taken + (found > received), found
                older = Peer(self.runner).open()
                older.attach(incarnation)
        older.socket.close()
        tell(f"races: in {taken} of {rounds} the older one's word came first; PYVISOR_SEED={seed}")

    def test_while_nobody_is_attached_no_more_is_kept_than_the_bound(self) -> None:  # R13
        with LinkedHost(self.runner) as host:
            host.open()
            host.send_bytes(encode_credit(1, 1, limits.CREDIT_MAX - limits.OUTPUT_WINDOW))
            host.flush()
            host.gives_credit = False
            number = host.start(f"import sys\nsys.stdout.write('x' * {MANY})")
            host.flush()
            before = resident_kilobytes(self.runner.process.pid)
            host.cut()
            kept = self.settled()
            growth = resident_kilobytes(self.runner.process.pid) - before
            tell(f"kept of {MANY} bytes while nobody was attached: {kept}; memory of the runner: {growth} KiB more")
            self.assertLessEqual(kept, limits.REPLAY_HIGH + limits.READ_SIZE)
            self.assertLess(growth, 16 * 1024)  # R13's figure
            host.attach()
            host.finish(number)
            self.assertEqual(len(host.text()), MANY)

    def settled(self) -> int:
        """The bytes that are kept, once they do not grow any more."""
        same, last = 0, -1
        deadline = time.monotonic() + 3 * SOON
        while same < 50 or last < limits.MIB:
            self.assertLess(time.monotonic(), deadline, f"{last} bytes")
            found = self.runner.status()["unackedBytes"]
            same, last = (same + 1 if found == last else 0), found
        return last

    def test_whoever_asks_for_nothing_is_ended_at_the_deadline(self) -> None:  # R20
        with Peer(self.runner) as peer:
            peer.socket.settimeout(limits.ATTACH_SECONDS + SOON)
            self.assertEqual(told(peer), "408 attach_timeout")

    def test_whoever_attaches_nothing_is_ended_at_the_deadline(self) -> None:  # R20
        with Peer(self.runner) as peer:
            peer.socket.settimeout(limits.ATTACH_SECONDS + SOON)
            self.assertEqual(seen(peer.open()), "close 4408")

    def test_an_attach_that_is_refused_leaves_the_one_that_there_is(self) -> None:
        with LinkedHost(self.runner) as host, Peer(self.runner) as other:
            host.open()
            other.open().send(masked(Opcode.BINARY, b"\x01" + json.dumps({"incarnation": host.incarnation, "received": 2**40}).encode()))
            self.assertEqual(seen(other), "error invalid_argument, close 4400")
            host.execute("print(2)")
            self.assertEqual(host.text(), "2\n")


def said(peer: Peer) -> dict[str, Any]:
    """The first thing that is said in JSON."""
    while True:
        opcode, body = peer.frame()
        if opcode == Opcode.BINARY and body[0] == Kind.ATTACHED:
            answer: dict[str, Any] = json.loads(body[1:])
            return answer


class TokenTest(unittest.TestCase):
    payload: Optional[pathlib.Path] = None  # ours

    def test_tokens_are_compared_by_their_digests_and_in_constant_time(self) -> None:  # R36
        """Whatever is given, the one comparison is of two digests, and nothing else decides."""
        script = """if True:
            import hashlib, hmac, json, sys
            sys.path.insert(0, sys.argv[1])
            from _runner import upgrade
            seen = []
            class Watched:
                says = staticmethod(hmac.compare_digest)
                def compare_digest(one, other):
                    seen.append((one, other))
                    return Watched.says(one, other)
            upgrade.hmac = Watched
            right = "t" * 43
            guard = upgrade.Guard(hashlib.sha256(right.encode()).digest(), frozenset({"here"}))
            def passes(given):
                headers = {"host": ["here"], "authorization": ["Bearer " + given]}
                try:
                    guard.check(upgrade.Request("GET", "/v1/link", headers))
                    return True
                except upgrade.Refused:
                    return False
            given = [right, right[:-1], "", "x" * 9000]
            verdicts = [passes(one) for one in given]
            digests = [seen.count((hashlib.sha256(one.encode()).digest(), guard.token)) for one in given]
            Watched.says = staticmethod(lambda one, other: True)
            fooled = passes("x")
            Watched.says = staticmethod(lambda one, other: False)
            print(json.dumps([verdicts, digests, len(seen), fooled, passes(right)]))
        """
        found = subprocess.run(
            [sys.executable, "-I", "-S", "-B", "-c", script, str(self.payload or SOURCES)],
            capture_output=True, timeout=60, check=True,
        )  # fmt: skip
        self.assertEqual(json.loads(found.stdout), [[True, False, False, False], [1, 1, 1, 1], 5, True, False])
