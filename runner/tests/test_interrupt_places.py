"""Where a signal finds a cell that runs in a loop, at moments that a real signal meets once in thousands."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
import unittest
import unittest.mock
from typing import Any

from _runner import cells, evidence
from _runner.interrupts import CANCEL, DEFER, RAISE, Interrupts, place_of


class LoopTest(unittest.TestCase):
    def setUp(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.addCleanup(self.loop.close)
        self.addCleanup(signal.signal, signal.SIGINT, signal.getsignal(signal.SIGINT))
        self.interrupts = Interrupts(None)
        self.ran: list[str] = []

    def task(self, coroutine: Any) -> Any:
        task = self.loop.create_task(coroutine)
        self.interrupts.enter_loop(self.loop, task)
        return task

    def until_cancelled(self, task: Any) -> None:
        with self.assertRaises(asyncio.CancelledError):
            self.loop.run_until_complete(task)
        self.assertTrue(self.interrupts.cancelled)

    def test_a_step_that_is_due_when_the_signal_comes_is_not_taken(self) -> None:  # rule: LIF-15, H13
        async def busy_soon() -> None:
            self.ran.append("begun")
            await asyncio.sleep(0)
            self.ran.append("busy")  # in a cell: for ever

        task = self.task(busy_soon())
        # Behind the first step and before the second, which is due by then: the loop's own code is on the stack.
        self.loop.call_soon(self.interrupts._cancel)
        self.until_cancelled(task)
        self.assertEqual(self.ran, ["begun"])

    def test_a_loop_that_sleeps_wakes(self) -> None:
        async def waits() -> None:
            await asyncio.sleep(60)

        task = self.task(waits())
        self.loop.call_later(0.01, self.interrupts._cancel)
        self.until_cancelled(task)

    def test_a_cell_that_was_interrupted_before_its_loop_was_there_goes_to_its_first_wait(self) -> None:
        async def cell() -> None:
            self.ran.append("begun")
            await asyncio.sleep(60)

        self.interrupts._cancel()
        self.until_cancelled(self.task(cell()))
        self.assertEqual(self.ran, ["begun"])

    def test_where_a_step_of_the_main_task_begins_it_is_raised(self) -> None:
        frame: Any = type("Frame", (), {"f_code": cells.STEP_CODE, "f_back": None})()
        self.assertIs(place_of(frame, looping=True), RAISE)

    def test_code_that_answers_a_question_is_where_it_was_asked(self) -> None:
        def frame(code: Any, back: Any = None) -> Any:
            return type("Frame", (), {"f_code": code, "f_back": back})()

        cell = frame(compile("1", "<cell 1>", "exec"))
        runner = frame(cells.run.__code__, cell)
        for asked, place in ((cell, RAISE), (runner, DEFER), (frame(cells.LOOP_CODE), CANCEL), (None, DEFER)):
            with self.subTest(place):
                answering = frame(evidence.ANSWER_CODE, frame(evidence.ANSWER_CODE, asked))
                self.assertIs(place_of(answering, looping=True), place)

    def test_a_loop_that_is_being_made_is_made_whole(self) -> None:  # rule: LIF-15
        real = socket.socketpair

        def interrupted() -> Any:
            self.interrupts._on_signal(signal.SIGINT, sys._getframe())
            return real()

        code = "import asyncio\nran.append('begun')\nawait asyncio.sleep(60)\nran.append('slept')"
        codes, _ = cells.Compiler().compile(code, "<cell 1>", with_value=False)
        self.interrupts.begin_cell(1)
        with unittest.mock.patch("socket.socketpair", interrupted), self.assertRaises(KeyboardInterrupt):
            cells.run(codes, {"ran": self.ran}, self.interrupts)
        self.assertEqual(self.ran, ["begun"])


if __name__ == "__main__":
    unittest.main()
