"""tombstone.py: a host that comes too late is told how its runner ended, for a while and no longer."""

from __future__ import annotations

import json
import unittest
from typing import Any

from _runner import limits
from _runner.link import Kind
from tests.support.attached import Attached, Runner
from tests.support.host import PATIENCE
from tests.support.processes import alive, descriptors, family, until

LATE = ("--detach-ttl", "20ms")


class TombstoneTest(unittest.TestCase):
    def late(self, runner: Runner, host: Attached) -> dict[str, Any]:
        """The host is cut off, and the runner gives it up."""
        host.cut()
        until(lambda: "tombstone" in runner.ask()[1], PATIENCE)
        found: dict[str, Any] = runner.ask()[1]
        return found

    def test_a_late_attach_is_refused_with_how_the_runner_ended_and_nothing_is_left(self) -> None:  # rule: REC-21
        with Runner(*LATE) as runner:
            host = Attached(runner)
            session = host.open()
            host.execute("print('done')", session)
            host.start("import os, time\nos.fork() or time.sleep(600)\nprint('in it', flush=True)\ntime.sleep(600)", session)
            host.wait_for(lambda: host.text(session) == "in it\n" if host.output else False)
            kernel, received = host.kernel(session), host.link.receiver.received
            status = self.late(runner, host)
            self.assertEqual((status["sessions"], status["attached"], status["pid"]), ([], False, runner.process.pid))
            self.assertFalse(alive(kernel))
            until(lambda: not family(runner.process.pid), PATIENCE)
            for late in (host, Attached(runner, dial=False)):  # the one that knew it, and one that did not
                late.dial()
                self.assertEqual((late.refused["status"], late.refused["code"]), (410, "session_expired"))
                late.wait_for_end()
                self.assertEqual(late.closed, 4410)
                told = late.refused["tombstone"]
                self.assertEqual((told["exitStatus"], told["incarnation"]), (0, host.incarnation))
                self.assertIn("no host was attached for 0.02 s", told["reason"])
                totals = told["totals"]
                self.assertEqual((totals["sessions"], totals["cells"], totals["runningCells"]), (1, 2, 1))
                self.assertEqual((totals["lostCells"], totals["attaches"]), (1, 1))
                self.assertLessEqual(totals["ackedBytes"], received)
                self.assertGreaterEqual(totals["ackedBytes"] + totals["unackedBytes"], received)

    def test_it_ends_at_last_by_itself(self) -> None:  # rule: REC-11, REC-21
        with Runner(*LATE, "--tombstone-ttl", "50ms") as runner:
            host = Attached(runner)
            host.open()
            host.cut()
            self.assertEqual(runner.wait(), 0)

    def test_its_leash_ends_it_too(self) -> None:  # rule: REC-12
        with Runner(*LATE, "--leash") as runner:
            host = Attached(runner)
            host.open()
            self.late(runner, host)
            assert runner.process.stdin
            runner.process.stdin.close()
            self.assertEqual(runner.wait(), 0)

    def test_whoever_said_goodbye_needs_none(self) -> None:
        with Runner(*LATE) as runner:
            with Attached(runner) as host:
                host.open()
            self.assertEqual(runner.wait(), 0)

    def test_it_keeps_nothing_of_those_who_ask_and_the_token_is_still_needed(self) -> None:
        with Runner(*LATE) as runner:
            host = Attached(runner)
            host.open()
            self.late(runner, host)
            self.assertEqual(runner.ask(token="w" * 43)[0], 401)
            before = descriptors(runner.process.pid)
            for _ in range(2 * limits.CONNECTIONS):
                host.dial()
                host.wait_for_end()
                host.peer.close()
            until(lambda: descriptors(runner.process.pid) <= before, PATIENCE)
            strange = Attached(runner, dial=False)
            strange.ask_in()
            strange.wait_for_end()
            strange.ask_in()
            strange.say(bytes((Kind.GOODBYE,)) + json.dumps({}).encode())
            strange.wait_for_end()
            self.assertIn("tombstone", runner.ask()[1])


if __name__ == "__main__":
    unittest.main()
