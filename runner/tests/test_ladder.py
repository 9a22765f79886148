"""The interrupt ladder against a cell that ignores everything: which step when, and what it tells of it."""

from __future__ import annotations

import os
import unittest
from typing import Callable, Optional
from unittest import mock

from _runner import limits
from _runner.ladder import DEADLINE, INTERRUPT, Ladder
from tests.support.clocks import SECOND, ManualClock
from tests.support.scripted import Stage

WHOLE = [(0.0, "signal"), (0.5, "signal"), (1.0, "signal"), (1.5, "look"), (2.0, "kill")]


class Spy:
    """Ignores everything, and keeps when what was done to it."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock, self._begin = clock, clock.now
        self.steps: list[tuple[float, str]] = []
        self.on: dict[str, Callable[[], None]] = {}

    def signal(self) -> None:
        self._note("signal")

    def look(self) -> None:
        self._note("look")

    def kill(self) -> None:
        self._note("kill")

    def _note(self, step: str) -> None:
        self.steps.append(((self._clock.now - self._begin) / SECOND, step))
        self.on.get(step, lambda: None)()


class LadderTest(unittest.TestCase):
    def setUp(self) -> None:
        self.clock = ManualClock()
        self.spy = Spy(self.clock)

    def ladder(self, grace: float, kind: str = DEADLINE, limit_ms: Optional[int] = 200) -> Ladder:
        ladder = Ladder(kind, self.clock, grace, self.spy, limit_ms)
        ladder.start()
        return ladder

    def test_each_step_is_stronger_and_comes_at_its_share_of_the_grace(self) -> None:  # rule: H12, LIF-14
        ladder = self.ladder(2.0)
        self.clock.advance(100)
        self.assertEqual(self.spy.steps, WHOLE)
        self.assertEqual((ladder.signals, ladder.killed), (3, True))

    def test_the_shares_hold_for_every_grace(self) -> None:  # rule: H12
        for grace in (0.004, 0.5, 60.0):
            with self.subTest(grace=grace):
                self.setUp()
                self.ladder(grace)
                self.clock.advance(2 * grace)
                wanted = [(grace / 2.0 * moment, step) for moment, step in WHOLE]
                self.assertEqual([step for _, step in self.spy.steps], [step for _, step in wanted])
                for (moment, _), (due, _) in zip(self.spy.steps, wanted):
                    self.assertAlmostEqual(moment, due, places=6)

    def test_nothing_comes_before_its_time_nor_after_the_kill(self) -> None:  # rule: H12
        self.ladder(2.0)
        for moment, count in ((0.499, 1), (0.5, 2), (0.999, 2), (1.0, 3), (1.499, 3), (1.5, 4), (1.999, 4), (2.0, 5), (9, 5)):
            self.clock.advance(moment - (self.clock.now - self.spy._begin) / SECOND)
            self.assertEqual(len(self.spy.steps), count, f"after {moment} s")
        self.assertEqual(self.clock.waiting, [])

    def test_without_grace_all_steps_come_at_once_and_in_order(self) -> None:  # rule: H12
        ladder = self.ladder(0.0)
        self.assertEqual(self.spy.steps, [(0.0, step) for _, step in WHOLE])
        self.assertTrue(ladder.killed)
        self.assertEqual(self.clock.waiting, [])

    def test_asking_again_adds_a_signal_and_delays_no_step(self) -> None:  # rule: H12
        ladder = self.ladder(2.0, INTERRUPT, None)
        for _ in range(3):
            self.clock.advance(0.2)
            ladder.again()
        self.clock.advance(10)
        extra = [(0.2, "signal"), (0.4, "signal"), (0.6, "signal")]
        self.assertEqual(
            [(round(moment, 6), step) for moment, step in self.spy.steps], sorted([*WHOLE, *extra], key=lambda one: one[0])
        )
        self.assertEqual(ladder.signals, 6)

    def test_asking_again_after_the_kill_does_nothing(self) -> None:  # rule: H12
        ladder = self.ladder(2.0)
        self.clock.advance(2)
        ladder.again()
        self.assertEqual(self.spy.steps, WHOLE)

    def test_once_the_cell_has_ended_no_step_comes_any_more(self) -> None:  # rule: H12
        for ended in (0.0, 0.6, 1.2, 1.9):
            with self.subTest(ended=ended):
                self.setUp()
                ladder = self.ladder(2.0)
                self.clock.advance(ended)
                ladder.stop()
                before = list(self.spy.steps)
                ladder.again()
                self.clock.advance(10)
                self.assertEqual(self.spy.steps, before)
                self.assertEqual((self.clock.waiting, ladder.killed), ([], False))

    def test_a_cell_that_ends_within_a_step_ends_the_ladder_there(self) -> None:  # rule: H12
        for grace in (0.0, 2.0):
            for step in ("signal", "look"):
                with self.subTest(step=step, grace=grace):
                    self.setUp()
                    ladder = Ladder(DEADLINE, self.clock, grace, self.spy, 1)
                    self.spy.on[step] = ladder.stop
                    ladder.start()
                    self.clock.advance(10)
                    self.assertEqual(self.spy.steps[-1][1], step)
                    self.assertNotIn("kill", [name for _, name in self.spy.steps])
                    self.assertEqual(self.clock.waiting, [])

    # --- what is told ---

    def test_what_becomes_of_a_cell_whose_code_ended(self) -> None:  # rule: LIF-16, C72
        table = [
            (DEADLINE, "completed", False, "timed_out"),
            (DEADLINE, "completed", True, "timed_out"),
            (DEADLINE, "raised", True, "timed_out"),
            (DEADLINE, "submitted", False, "timed_out"),
            (INTERRUPT, "completed", True, "completed"),
            (INTERRUPT, "completed", False, "completed"),
            (INTERRUPT, "raised", False, "raised"),
            (INTERRUPT, "raised", True, "interrupted"),
            (INTERRUPT, "submitted", True, "submitted"),
        ]
        for kind, returned, delivered, outcome in table:
            with self.subTest(kind=kind, returned=returned, delivered=delivered):
                self.assertEqual(self.ladder(2.0, kind).outcome(returned, delivered), outcome)

    def test_the_cause_says_how_far_it_went(self) -> None:
        ladder = self.ladder(2.0)
        self.assertEqual(ladder.cause(), {"kind": "deadline", "limitMs": 200, "signals": 1, "killed": False})
        self.assertEqual(ladder.told("exit status 3"), "the kernel ended after an interrupt (exit status 3)")
        self.clock.advance(2)
        ladder.verdict = "running: <cell 1> line 1"
        detail = ladder.told("SIGKILL")
        self.assertEqual(detail, "the cell did not answer 3 interrupts and was killed")
        self.assertEqual(
            ladder.cause(detail),
            {"kind": "deadline", "limitMs": 200, "signals": 3, "killed": True, "detail": detail, "verdict": ladder.verdict},
        )
        self.assertNotIn("limitMs", Ladder(INTERRUPT, self.clock, 2.0, self.spy).cause())


class KilledTest(unittest.TestCase):
    """The last step, on a session with a kernel that only waits to be killed."""

    def test_a_process_that_cannot_be_killed_is_given_up_and_named(self) -> None:  # rule: H12, I7
        with Stage() as stage, mock.patch.object(limits, "KILL_BUDGET", 0.05):
            kernel = stage.open()
            stage.execute(1)
            theirs = stage.session.kernel
            assert theirs is not None
            with mock.patch.object(theirs, "kill", lambda: None), mock.patch.object(theirs, "signal", lambda number: None):
                self.assertTrue(stage.session.interrupt(1, 0.0))
                stage.until(lambda: "interrupted" in stage.seen)
            result = next(found["result"] for found in stage.envelopes if "outcome" in found.get("result", {}))
            self.assertTrue(result["cause"]["killed"])
            self.assertIn(f"process {kernel.pid} could not be killed (state S)", result["cause"]["detail"])
            self.assertIn("could not be killed", result["state"]["reason"])
            os.kill(kernel.pid, 0)  # it is there still: it was given up, not waited for


if __name__ == "__main__":
    unittest.main()
