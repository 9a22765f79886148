"""heartbeat.py: a peer is asked, then given up; a stop of this process is not held against it."""

from __future__ import annotations

import unittest

from _runner import limits
from _runner.heartbeat import Act, Heartbeat


class HeartbeatTest(unittest.TestCase):
    def setUp(self) -> None:
        self.heartbeat = Heartbeat(0)

    def test_silence_is_asked_about_and_then_is_death(self) -> None:
        self.assertEqual(self.heartbeat.look(limits.LINK_QUIET - 0.1), Act.WAIT)
        self.assertEqual(self.heartbeat.look(limits.LINK_QUIET), Act.PING)
        self.assertEqual(self.heartbeat.look(limits.LINK_DEAD - 0.1), Act.WAIT)
        self.assertEqual(self.heartbeat.look(limits.LINK_DEAD), Act.DEAD)

    def test_whatever_is_heard_begins_anew(self) -> None:
        self.heartbeat.look(limits.LINK_QUIET)
        self.heartbeat.heard(14)
        self.assertEqual(self.heartbeat.look(limits.LINK_DEAD), Act.WAIT)

    def test_a_process_that_was_itself_stopped_asks_once_more_and_only_once(self) -> None:
        self.heartbeat.look(limits.LINK_QUIET)
        self.assertEqual(self.heartbeat.look(60), Act.PING)
        self.assertEqual(self.heartbeat.look(60 + limits.LINK_QUIET - 0.1), Act.WAIT)
        self.assertEqual(self.heartbeat.look(120), Act.DEAD)
