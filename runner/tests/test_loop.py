"""The loop's wake-up descriptor is a hint: whatever is in it, or is not, every child that ended is told."""

from __future__ import annotations

import os
import signal
import unittest

from _runner.linux import Ended
from _runner.loop import Loop

CHILDREN = 20
TURNS = 200  # far more than are needed; each is ended by a child's signal or by the guard
GUARD_SECONDS = 5.0


class LoopTest(unittest.TestCase):
    def setUp(self) -> None:
        self.addCleanup(signal.signal, signal.SIGCHLD, signal.getsignal(signal.SIGCHLD))
        self.addCleanup(signal.set_wakeup_fd, -1)
        self.ended: list[int] = []
        self.loop = Loop()
        self.loop.watch_children(self.child_ended)
        self.guard = False

    def child_ended(self, ended: Ended) -> None:
        self.ended.append(ended.pid)

    def children(self, count: int) -> list[int]:
        pids = []
        for _ in range(count):
            pid = os.fork()
            if pid == 0:
                os._exit(0)
            pids.append(pid)
        return pids

    def turn_until_told(self, pids: list[int]) -> None:
        def give_up() -> None:
            self.guard = True

        self.loop.after(GUARD_SECONDS, give_up)
        for _ in range(TURNS):
            if self.guard or set(pids) <= set(self.ended):
                break
            self.loop.turn()
        self.assertEqual(sorted(found for found in self.ended if found in pids), sorted(pids))

    def test_children_are_told_though_the_descriptor_was_full_before_they_ended(self) -> None:
        try:
            while True:
                os.write(self.loop._woken, b"\0" * 4096)
        except BlockingIOError:
            pass
        self.turn_until_told(self.children(CHILDREN))

    def test_children_whose_signals_came_together_are_all_told(self) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
        try:
            pids = self.children(CHILDREN)
            for pid in pids:
                os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
        self.turn_until_told(pids)

    def test_a_wake_up_without_a_child_tells_of_none(self) -> None:
        os.write(self.loop._woken, b"\0")
        self.loop.turn()
        self.assertEqual(self.ended, [])


if __name__ == "__main__":
    unittest.main()
