"""When a cell's deadline has passed: one alarm for all cells, and a page that a guest writes."""

from __future__ import annotations

import unittest
from typing import Optional
from unittest import mock

from _runner import limits, watchdog
from _runner.loop import Loop
from _runner.session import Cell
from _runner.watchdog import Watchdog
from tests.support.clocks import SECOND, ManualClock

MS = SECOND // 1000


class Page:
    """What the kernel says it began and ended, and when."""

    def __init__(self) -> None:
        self.said = self.said_ended = (0, 0)

    def begun(self) -> tuple[int, int]:
        return self.said

    def ended(self) -> tuple[int, int]:
        return self.said_ended


class Charge:
    """Cells that ignore everything."""

    def __init__(self) -> None:
        self.running: Optional[Cell] = None
        self.steps: list[str] = []

    def signal(self) -> None:
        self.steps.append("signal")

    def look(self) -> None:
        self.steps.append("look")

    def kill(self) -> None:
        self.steps.append("kill")

    def returned(self, cell: Cell) -> None:
        self.steps.append("look after its end")


class WatchdogTest(unittest.TestCase):
    def setUp(self) -> None:
        self.clock, self.page, self.charge = ManualClock(), Page(), Charge()
        patch = mock.patch.object(watchdog, "_clock", self.clock.nanos)
        patch.start()
        self.addCleanup(patch.stop)
        self.watchdog = Watchdog(self.clock, self.charge, self.page)  # type: ignore[arg-type]
        self.number = 0

    def begin(self, timeout: Optional[float], grace: float = 2.0, *, after: Optional[float] = 0.0) -> Cell:
        """A cell that its kernel began so many seconds after it was given; None: it says nothing of it."""
        self.number += 1
        cell = Cell(self.number, self.number, 1, timeout=None if timeout is None else round(timeout * SECOND), grace=grace)
        cell.given = self.clock.now
        self.charge.running = cell
        self.watchdog.begin(cell)
        if after is not None:
            self.clock.advance(after)
            self.page.said = (cell.number, self.clock.now)
        return cell

    def end(self) -> None:
        assert self.charge.running is not None
        self.charge.running.returned("completed", 1)
        self.watchdog.cell_over()
        self.charge.running = None

    # --- processor time ---

    def test_time_that_is_used_up_climbs_the_same_ladder(self) -> None:  # rule: LIF-14
        cell = self.begin(None, 2.0)
        self.watchdog.used_up(cell, 500)
        self.clock.advance(2.0)
        self.assertEqual(self.charge.steps, ["signal", "signal", "signal", "look", "kill"])
        ladder = self.watchdog.ladder
        assert ladder is not None
        self.assertEqual(ladder.outcome_of_death(), "timed_out")
        self.assertEqual((ladder.cause()["kind"], ladder.cause()["limitMs"]), ("cpu_limit", 500))

    def test_it_neither_restarts_a_ladder_nor_begins_one_for_a_cell_that_has_returned(self) -> None:
        cell = self.begin(None, 2.0)
        self.watchdog.interrupt(cell.number, 2.0)
        ladder = self.watchdog.ladder
        self.watchdog.used_up(cell, 500)
        self.assertIs(self.watchdog.ladder, ladder)
        self.end()
        over = self.begin(None, 2.0)
        over.returned("completed", 1)
        self.watchdog.used_up(over, 500)
        self.assertIsNone(self.watchdog.ladder)

    # --- the deadline ---

    def test_the_first_signal_comes_when_the_deadline_has_passed_and_not_before(self) -> None:  # rule: LIF-14
        self.begin(0.2)
        self.clock.advance(0.199)
        self.assertEqual(self.charge.steps, [])
        self.clock.advance(0.001)
        self.assertEqual(self.charge.steps, ["signal"])
        ladder = self.watchdog.ladder
        assert ladder is not None
        self.assertEqual(ladder.cause()["limitMs"], 200)
        self.clock.advance(10)
        self.assertEqual(self.charge.steps, ["signal", "signal", "signal", "look", "kill"])

    def test_it_counts_from_when_the_kernel_began_the_code(self) -> None:  # rule: LIF-14
        self.begin(0.2, after=0.15)  # it waited that long in the kernel's socket
        self.clock.advance(0.199)
        self.assertEqual(self.charge.steps, [])
        self.clock.advance(0.001)
        self.assertEqual(self.charge.steps, ["signal"])

    def test_a_kernel_that_begins_late_gives_the_cell_its_time_and_no_more(self) -> None:  # rule: LIF-14
        for wait in (0.004, 0.011, 0.3, 2.0, 9.0):
            with self.subTest(wait=wait):
                self.setUp()
                self.begin(0.01, after=wait)  # it was copying itself, or had not started yet
                self.clock.advance(0.009)
                self.assertEqual(self.charge.steps, [])
                self.clock.advance(0.002 + wait / 8)
                self.assertEqual(self.charge.steps, ["signal"])

    def test_a_kernel_that_never_begins_is_looked_at_few_times(self) -> None:  # rule: LIF-14
        with mock.patch.object(self.watchdog, "_ring_at", wraps=self.watchdog._ring_at) as looks:
            self.begin(0.001, after=None)
            self.clock.advance(limits.START_BUDGET + 0.0009)
            self.assertEqual(self.charge.steps, [])
            self.clock.advance(0.0002)
            self.assertEqual(self.charge.steps, ["signal"])
        self.assertLess(looks.call_count, 100)

    def test_a_cell_without_a_deadline_has_no_alarm(self) -> None:
        self.begin(None)
        self.assertEqual(self.clock.waiting, [])
        self.clock.advance(10_000)
        self.assertEqual(self.charge.steps, [])

    def test_a_cell_that_has_returned_is_left_alone(self) -> None:
        cell = self.begin(0.2)
        cell.returned("completed", 1)  # its output is still being read
        self.clock.advance(10)
        self.assertEqual(self.charge.steps, [])
        self.assertFalse(self.watchdog.interrupt(cell.number, 1.0))

    def test_a_cell_whose_kernel_flushes_gets_no_signal_but_has_to_come_to_its_end(self) -> None:  # rule: LIF-14
        cell = self.begin(0.2)
        self.clock.advance(0.1)
        self.page.said_ended = (cell.number, self.clock.now)
        self.clock.advance(0.05)
        self.assertEqual(self.charge.steps, [])
        self.assertFalse(self.watchdog.interrupt(cell.number, 1.0))
        self.assertEqual(self.charge.steps, ["look after its end"])
        self.clock.advance(10)
        self.assertEqual(self.charge.steps, ["look after its end", "look after its end"])
        cell.returned("completed", 1, self.watchdog.returned_at(cell))
        self.assertIn(b'"elapsedNanos":%d,' % (100 * MS), cell.terminal(None))

    def test_an_end_that_cannot_be_is_not_believed(self) -> None:
        self.begin(0.2)
        self.clock.advance(0.1)
        cell = self.begin(0.2)
        for said in ((cell.number - 1, self.clock.now), (cell.number, cell.given - 1), (cell.number, self.clock.now + 100 * SECOND)):
            self.page.said_ended = said
            self.assertIsNone(self.watchdog.returned_at(cell))
        self.clock.advance(0.2)
        self.assertEqual(self.charge.steps, ["signal"])

    # --- one alarm for many cells ---

    def test_many_cells_share_one_alarm_and_each_has_its_whole_time(self) -> None:  # rule: LIF-14
        for _ in range(10_000):
            self.begin(0.3)
            self.clock.advance(0.001)
            self.end()
            self.assertLessEqual(len(self.clock.waiting), 1)
        self.assertEqual(self.charge.steps, [])
        self.begin(0.3)
        self.clock.advance(0.299)
        self.assertEqual(self.charge.steps, [])
        self.clock.advance(0.001)
        self.assertEqual(self.charge.steps, ["signal"])

    def test_an_earlier_deadline_moves_the_alarm_forward(self) -> None:
        self.begin(100)
        self.end()
        self.begin(0.1)
        self.assertEqual([round(left, 3) for left in self.clock.waiting], [0.1])
        self.clock.advance(0.1)
        self.assertEqual(self.charge.steps, ["signal"])

    def test_a_later_deadline_waits_behind_the_alarm_and_is_not_forgotten(self) -> None:
        self.begin(0.1)
        self.end()
        self.begin(100)
        self.assertEqual(len(self.clock.waiting), 1)
        self.clock.advance(99.9)
        self.assertEqual((self.charge.steps, len(self.clock.waiting)), ([], 1))
        self.clock.advance(0.1)
        self.assertEqual(self.charge.steps, ["signal"])

    def test_an_alarm_that_rings_while_nothing_runs_is_over(self) -> None:
        self.begin(0.1)
        self.end()
        self.clock.advance(1)
        self.assertEqual(self.clock.waiting, [])
        self.begin(0.1)
        self.clock.advance(0.1)
        self.assertEqual(self.charge.steps, ["signal"])

    def test_an_alarm_that_rings_in_a_cell_without_a_deadline_does_nothing_to_it(self) -> None:
        self.begin(0.1)
        self.end()
        self.begin(None)
        self.clock.advance(10)
        self.assertEqual(self.charge.steps, [])

    def test_alternating_deadlines_leave_no_heap_of_dead_timers_in_the_loop(self) -> None:
        loop = Loop()
        dog = Watchdog(loop, self.charge, self.page)  # type: ignore[arg-type]
        for number in range(1, 20_001):
            cell = Cell(number, number, 1, timeout=(500 if number % 2 else 1000) * SECOND - number, grace=1.0)
            cell.given = self.clock.now
            self.charge.running = cell
            dog.begin(cell)
            cell.returned("completed", 1)
            dog.cell_over()
        self.assertLess(len(loop._timers), 500)

    def test_cancelled_timers_do_not_pile_up_in_the_loop_and_live_ones_stay(self) -> None:
        loop, rung = Loop(), []
        live = [loop.after(3600 + number, lambda: None) for number in range(100)]
        due = loop.after(0, lambda: rung.append(1))
        for _ in range(50_000):
            loop.after(3600, lambda: None).cancel()
        self.assertLess(len(loop._timers), 1000)
        kept = {id(timer) for _, _, timer in loop._timers}
        self.assertTrue(all(id(timer) in kept for timer in (*live, due)))
        loop.turn()
        self.assertEqual(rung, [1])

    # --- what a guest may write into the page ---

    def test_a_page_that_says_what_cannot_be_is_not_believed(self) -> None:  # rule: LIF-14
        lies = {
            "nothing was said": lambda cell: (0, 0),
            "another cell": lambda cell: (cell.number - 1, cell.given),
            "before it was given": lambda cell: (cell.number, cell.given - 1),
            "in the far past": lambda cell: (cell.number, 0),
            "in the future": lambda cell: (cell.number, cell.given + 10**15),
            "beyond all numbers": lambda cell: (cell.number, 2**64 - 1),
            "a cell to come": lambda cell: (cell.number + 1, cell.given),
        }
        for what, lie in lies.items():
            with self.subTest(what):
                self.setUp()
                cell = self.begin(0.2, after=None)
                self.page.said = lie(cell)
                self.clock.advance(0.2 + limits.START_BUDGET - 0.001)
                self.assertEqual(self.charge.steps, [])
                self.clock.advance(0.001)
                self.assertEqual(self.charge.steps, ["signal"])

    def test_a_page_that_moves_its_beginning_on_cannot_run_for_ever(self) -> None:  # rule: LIF-14
        cell = self.begin(0.2)
        begun = self.clock.now
        for _ in range(2_000):  # each time it is looked at, the cell says that it has only just begun
            if self.charge.steps:
                break
            self.page.said = (cell.number, self.clock.now)
            self.clock.advance(0.1)
        passed = (self.clock.now - begun) / SECOND
        self.assertTrue(self.charge.steps, f"no signal within {passed} s of a deadline of 0.2 s")
        self.assertLessEqual(passed, 2 * 0.2 + limits.START_BUDGET + 0.1)

    # --- interrupts ---

    def test_an_interrupt_is_for_the_running_cell_only(self) -> None:  # rule: LIF-15
        self.assertFalse(self.watchdog.interrupt(1, 1.0))
        cell = self.begin(None)
        self.assertFalse(self.watchdog.interrupt(cell.number + 1, 1.0))
        self.assertFalse(self.watchdog.interrupt(cell.number - 1, 1.0))
        self.assertEqual(self.charge.steps, [])
        self.assertTrue(self.watchdog.interrupt(cell.number, 1.0))
        self.assertEqual(self.charge.steps, ["signal"])

    def test_an_interrupt_on_the_ladder_of_a_deadline_is_one_more_signal(self) -> None:
        cell = self.begin(0.2)
        self.clock.advance(0.2)
        first = self.watchdog.ladder
        self.assertTrue(self.watchdog.interrupt(cell.number, 60.0))
        self.assertIs(self.watchdog.ladder, first)
        self.assertEqual(self.charge.steps, ["signal"] * 2)
        self.clock.advance(2.0)
        self.assertEqual(self.charge.steps, ["signal"] * 4 + ["look", "kill"])

    def test_a_deadline_that_passes_on_the_ladder_of_an_interrupt_starts_no_second_one(self) -> None:
        cell = self.begin(0.2)
        self.watchdog.interrupt(cell.number, 60.0)
        first = self.watchdog.ladder
        self.clock.advance(0.3)
        self.assertIs(self.watchdog.ladder, first)
        self.assertEqual(self.charge.steps, ["signal"])

    def test_when_the_cell_is_over_the_ladder_is_too_and_the_next_cell_begins_without(self) -> None:
        self.begin(0.1, grace=2.0)
        self.clock.advance(0.6)
        steps = list(self.charge.steps)
        self.end()
        self.assertIsNone(self.watchdog.ladder)
        self.begin(None)
        self.clock.advance(10)
        self.assertEqual(self.charge.steps, steps)


if __name__ == "__main__":
    unittest.main()
