"""endpoint.py: a host that is not there any more is noticed, a runner that goes says so, and wrong tokens are counted."""

from __future__ import annotations

import json
import signal
import socket
import struct
import tempfile
import unittest
from unittest import mock

from _runner import limits
from _runner.absence import Absence
from _runner.endpoint import Endpoint
from _runner.frames import Frame, FrameKind, encode
from _runner.link import Kind
from _runner.loop import Loop
from _runner.upgrade import Guard
from _runner.websocket import Opcode
from tests.support import listening
from tests.support.listening import Peer, Runner
from tests.support.payload import zipped
from tests.support.processes import until
from tests.support.tier import of_the_supervisor

setUpModule = of_the_supervisor


class HalfOpenTest(unittest.TestCase):
    """The endpoint in this process, so that its patience can be short."""

    def setUp(self) -> None:
        for name, value in (("LINK_QUIET", 0.1), ("LINK_DEAD", 0.3)):
            patch = mock.patch.object(limits, name, value)
            patch.start()
            self.addCleanup(patch.stop)
        self.loop = Loop()
        port = socket.create_server(("127.0.0.1", 0))
        self.address = port.getsockname()
        self.authority, self.patience = "127.0.0.1:%d" % self.address[1], listening.PATIENCE
        guard = Guard(listening.DIGEST, frozenset({self.authority}))
        self.endpoint = Endpoint(self.loop, port, guard, Absence(self.loop, None, self.loop.stop))
        self.addCleanup(self.endpoint.end)
        self.endpoint.begin("this one", dict, lambda fd: "another")

    def status(self) -> dict[str, object]:
        found: dict[str, object] = json.loads(self.endpoint.status())
        return found

    def test_a_silent_host_is_asked_then_its_connection_is_closed_and_the_stream_kept(self) -> None:  # rule: REC-16
        with Peer(self) as peer:  # type: ignore[arg-type]  # it has what a peer needs of a runner
            peer.ask(behind=listening.attach())
            while not self.status()["attached"]:
                self.loop.turn()
            self.endpoint.far_end.send(b"kept")
            while self.status()["attached"]:
                self.loop.turn()
            self.assertEqual(peer.answer()[0], 101)
            kinds = []
            with self.assertRaises(EOFError):
                while True:
                    kinds.append(peer.frame()[1][0])
        self.assertEqual(kinds, [Kind.ATTACHED, Kind.RECORD, Kind.PING])
        self.assertEqual(self.status()["unackedBytes"], 4)


class GoingTest(unittest.TestCase):
    def test_a_runner_that_is_told_to_end_says_go_away_and_closes_as_a_restart_does(self) -> None:  # rule: REC-15
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            with self.subTest(number), Runner() as runner, Peer(runner).open() as peer:
                peer.attach()
                runner.process.send_signal(number)
                frames = []
                while not frames or frames[-1][0] != Opcode.CLOSE:
                    frames.append(peer.frame())
                self.assertIn((Opcode.BINARY, Kind.GOAWAY), [(opcode, body[0]) for opcode, body in frames])
                self.assertEqual(struct.unpack(">H", frames[-1][1][:2])[0], 1012)


class DeliveredTest(unittest.TestCase):
    def test_it_listens_from_its_zip(self) -> None:
        with tempfile.TemporaryDirectory() as folder, Runner(zipped(folder)) as runner, Peer(runner).open() as peer:
            peer.attach()


class CountersTest(unittest.TestCase):
    def test_what_a_link_cost_is_told_by_the_status(self) -> None:
        with Runner() as runner:
            older = Peer(runner).open()
            incarnation = older.attach()["incarnation"]
            first = runner.status()
            self.assertEqual({first["link"][name] for name in ("cuts", "reconnects", "replayedRecords", "gapRecords")}, {0})
            hello = first["unackedBytes"]
            with older, Peer(runner).open() as newer:  # its host has seen a cut, and was faster than this side
                newer.attach(incarnation)
                newer.frame()
                self.assertEqual(older.frame()[1][0], Kind.RECORD)
                newer.send(listening.record(2**40, 0, b"beyond"))
                while newer.frame()[0] != Opcode.CLOSE:
                    pass
            until(lambda: not runner.status()["attached"], listening.PATIENCE)
            found = runner.status()["link"]
            self.assertEqual((found["cuts"], found["reconnects"], found["gapRecords"]), (2, 1, 1))
            self.assertEqual((found["replayedRecords"], found["replayedBytes"]), (1, hello))
            with Peer(runner).open() as last, Peer(runner) as stranger:
                last.attach(incarnation)
                last.send(listening.record(0, 0, ping := encode(Frame(FrameKind.PING, 0, 0, 0, 0, 0, 0, b"x"))))
                last.send(listening.record(0, 0, ping))
                stranger.ask(Authorization="Bearer " + "w" * 43)
                self.assertEqual(stranger.answer()[0], 401)
                until(lambda: runner.status()["link"]["duplicateRecords"], listening.PATIENCE)
                found = runner.status()["link"]
                self.assertEqual((found["duplicateBytes"], found["authFailures"]), (len(ping), 1))
                self.assertEqual((found["cuts"], found["reconnects"], found["replayedRecords"]), (2, 2, 2))


class TokensTest(unittest.TestCase):
    def test_after_many_wrong_tokens_others_wait_and_whoever_has_the_right_one_does_not(self) -> None:
        with Runner() as runner:
            statuses = []
            for _ in range(limits.AUTH_FAILURES + 1):
                with Peer(runner) as peer:
                    peer.ask(Authorization="Bearer " + "w" * 43)
                    statuses.append(peer.answer()[0])
            self.assertEqual(statuses, [401] * limits.AUTH_FAILURES + [429])
            self.assertEqual(runner.status()["attached"], False)


if __name__ == "__main__":
    unittest.main()
