"""draining.py: between the signal and the end nothing new begins, and what ran is told to its end."""

from __future__ import annotations

import pathlib
import shutil
import signal
import tempfile
import unittest
from typing import Any, Optional

from _runner import link
from _runner.link import Kind, Said
from tests.support.attached import Attached, Runner
from tests.support.gate import Gate
from tests.support.host import PATIENCE
from tests.support.payload import compiled
from tests.support.processes import until, until_gone
from tests.support.tier import of_the_supervisor

setUpModule = of_the_supervisor

WAITS = "print('begun', flush=True)\n{}\nprint('ended')"


class Watching(Attached):
    """It keeps what it was told of the end."""

    def __init__(self, runner: Runner, **more: Any) -> None:
        self.going: list[dict[str, Any]] = []
        super().__init__(runner, **more)

    def _hear(self, word: Optional[link.Word]) -> None:
        if isinstance(word, Said) and word.kind == Kind.GOAWAY:
            self.going.append(word.content)
        super()._hear(word)


class DrainTest(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="pyvisor-draining-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.gate = Gate(self)

    def patient(self, cells: float = 10 * PATIENCE) -> Runner:
        """One that gives its host, and its cells too, far more time than any of these tests takes."""
        payload = self.folder / "payload"
        shutil.copytree(compiled(), payload, ignore=shutil.ignore_patterns("limits.*.pyc"))
        with open(payload / "_runner" / "limits.py", "a", encoding="ascii") as file:
            file.write(f"\nDRAIN_CELLS, DRAIN_ALL = {cells}, {10 * PATIENCE}\n")
        return Runner(payload=payload)

    def busy(self, host: Attached) -> tuple[int, int]:
        session = host.open()
        number = host.start(WAITS.format(self.gate.wait), session)
        host.wait_for(lambda: host.text(session) == "begun\n" if host.output else False)
        return session, number

    def test_nothing_new_begins_and_the_cell_that_runs_ends_with_its_output(self) -> None:  # rule: REC-22, REC-15
        with self.patient() as runner, Watching(runner) as host:
            session, cell = self.busy(host)
            other = host.open("other")
            runner.process.send_signal(signal.SIGTERM)
            host.wait_for(lambda: host.going)
            self.assertEqual(host.going[0]["code"], "draining")
            before = host.sessions()
            asked = [
                host.start("raise SystemExit", other),
                host.request("variable.get", {"name": "x"}, other, 9),
                host.request("session.open", {"name": "third"}),
                host.request("branch", {"session": other, "name": "third"}),
                host.request("reset", {"session": other}),
                host.request("checkpoint", {"session": other, "name": "c"}),
            ]
            for number in asked:
                error = host.answer(number)["error"]
                self.assertEqual((error["data"]["code"], error["data"]["status"]), ("draining", 503), error)
            self.assertEqual(host.sessions(), before)
            self.assertTrue(runner.ask()[1]["draining"])
            stranger = Attached(runner, takeover=True)
            self.assertEqual((stranger.refused["code"], stranger.refused["status"]), ("draining", 503))
            self.gate.open()
            self.assertEqual(host.finish(cell, session)["outcome"], "completed")
            self.assertEqual(host.text(session), "begun\nended\n")
            self.assertEqual(runner.wait(), 0)
            host.wait_for_end()
            self.assertEqual(host.closed, 1012)

    def test_a_host_that_was_cut_off_comes_back_for_the_output(self) -> None:  # rule: REC-22
        with self.patient() as runner, Watching(runner) as host:
            session, cell = self.busy(host)
            host.cut()
            runner.process.send_signal(signal.SIGTERM)
            until(lambda: runner.ask()[1]["draining"], PATIENCE)
            self.gate.open()
            until(lambda: runner.ask()[1]["sessions"][0]["state"] == "idle", PATIENCE)  # nothing else keeps it
            host.dial()
            self.assertEqual(host.refused, {})
            self.assertEqual(host.finish(cell, session)["outcome"], "completed")
            self.assertEqual(host.text(session), "begun\nended\n")
            host.wait_for(lambda: host.going)
            self.assertEqual(host.going[0]["code"], "draining")
            self.assertEqual(runner.wait(), 0)

    def test_a_cell_that_does_not_end_is_cancelled_with_what_it_printed(self) -> None:  # rule: REC-22
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            with self.subTest(number), Runner() as runner, Watching(runner) as host:
                session, cell = self.busy(host)
                kernel = host.kernel(session)
                runner.process.send_signal(number)
                self.assertEqual(host.finish(cell, session)["outcome"], "cancelled")
                self.assertEqual(host.text(session), "begun\n")
                self.assertEqual(runner.wait(), 0)
                until_gone([kernel], PATIENCE)

    def test_cells_that_had_to_be_cancelled_are_counted_until_the_host_has_heard_of_them(self) -> None:  # rule: REC-22
        with self.patient(cells=0.01) as runner, Watching(runner) as host:
            session, cell = self.busy(host)
            self.assertEqual(runner.ask()[1]["drainIncomplete"], 0)
            host.cut()
            runner.process.send_signal(signal.SIGTERM)
            until(lambda: runner.ask()[1]["drainIncomplete"], PATIENCE)
            status = runner.ask()[1]
            self.assertEqual((status["drainIncomplete"], status["lostCells"]), (1, 1))
            host.dial()
            self.assertEqual(host.finish(cell, session)["outcome"], "cancelled")
            self.assertEqual(runner.wait(), 0)

    def test_what_the_host_does_not_take_over_is_reported(self) -> None:  # rule: REC-22
        with Runner() as runner:
            host = Attached(runner)
            self.busy(host)
            host.cut()
            runner.process.send_signal(signal.SIGTERM)
            self.assertEqual(runner.wait(), 0)
            assert runner.process.stderr
            self.assertRegex(runner.process.stderr.read().decode(), "has not taken over the last [0-9]+ bytes")

    def test_a_second_signal_ends_it_at_once(self) -> None:
        with self.patient() as runner, Watching(runner) as host:
            session, _ = self.busy(host)
            kernel = host.kernel(session)
            runner.process.send_signal(signal.SIGINT)
            host.wait_for(lambda: host.going)
            runner.process.send_signal(signal.SIGINT)
            self.assertEqual(runner.wait(), 0)
            until_gone([kernel], PATIENCE)

    def test_an_idle_runner_waits_for_nothing(self) -> None:
        with self.patient() as runner:
            runner.process.send_signal(signal.SIGTERM)
            self.assertEqual(runner.wait(), 0)
        with self.patient_again() as runner, Watching(runner) as host:
            host.execute("print(1)", host.open())
            runner.process.send_signal(signal.SIGTERM)
            host.wait_for_end()
            self.assertEqual((runner.wait(), host.closed), (0, 1012))

    def patient_again(self) -> Runner:
        return Runner(payload=self.folder / "payload")


if __name__ == "__main__":
    unittest.main()
