"""Named checkpoints, rollbacks and branches, with real kernels."""

from __future__ import annotations

import os
import signal
import tempfile
import unittest
from typing import Any

from _runner import limits
from _runner.frames import FrameKind
from tests.support.gate import Gate
from tests.support.host import Host
from tests.support.processes import copies, until, until_gone

# Bounds one wait for processes on a loaded machine.
PATIENCE = 10.0


class StateTest(unittest.TestCase):
    """A runner with one session."""

    def setUp(self) -> None:
        self.host = Host()
        self.host.wait_for(lambda: self.host.hello)
        self.addCleanup(self.host.close)
        self.host.open()

    def run_cell(self, code: str, session: int = 1) -> str:
        result = self.host.execute(code, session)
        self.assertEqual(result["outcome"], "completed", self.host.reports.get(self.host.cell(session)))
        return self.host.text(session)

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        answer = self.host.call(method, **{"session": 1, **params})
        self.assertIn("result", answer, answer)
        found: dict[str, Any] = answer["result"]
        return found

    def refused(self, method: str, **params: Any) -> dict[str, Any]:
        answer = self.host.call(method, **{"session": 1, **params})
        self.assertIn("error", answer, answer)
        found: dict[str, Any] = answer["error"]
        return found

    def copies(self, number: int) -> list[int]:
        """The processes that sleep for the session, once those that were dropped have ended."""
        if number:
            self.host.settle()
        kernel = self.host.kernel()
        until(lambda: len(copies(self.host.hello["pid"], [kernel])) == number, PATIENCE)
        return copies(self.host.hello["pid"], [kernel])

    def checkpoint(self, name: str) -> dict[str, Any]:
        return self.ask("checkpoint", name=name)

    def rollback(self, name: str) -> dict[str, Any]:
        return self.ask("rollback", name=name)


class CheckpointTest(StateTest):
    def test_a_rollback_brings_back_all_that_the_process_had(self) -> None:  # rule: H40, H42
        self.run_cell(
            "import itertools, random; g = itertools.count(); f = open('data', 'w+'); f.write('hello world'); f.flush(); f.seek(6)\n"
            "random.seed(5); class_ = type('A', (), {'n': 1}); a = class_(); kept = lambda: a"
        )
        self.assertEqual(self.checkpoint("one"), {"name": "one", "source": "checkpoint", "cell": 1})
        rolls = [self.run_cell("print(next(g), f.read(), random.random(), kept().n, 'later' in globals())")]
        for generation in (2, 3):
            self.run_cell("class_.n = 9; kept = None; later = 1; f.write('x')")
            told = self.rollback("one")
            self.assertEqual(told["generation"], generation)
            self.assertEqual((told["state"]["source"], told["state"]["preserved"]), ("checkpoint", True))
            self.assertIn("changes to files", told["state"]["notRolledBack"])
            self.assertEqual(self.host.generation()["reason"], "rollback")
            rolls.append(self.run_cell("f.flush(); f.seek(6); print(next(g), f.read(5), random.random(), kept().n, 'later' in globals())"))
        self.assertEqual(len(set(rolls)), 1, rolls)

    def test_ten_rollbacks_in_a_row(self) -> None:  # rule: H42
        self.run_cell("import itertools; g = itertools.count(7)")
        self.checkpoint("one")
        for number in range(10):
            if number % 2:
                self.assertEqual(self.run_cell("print(next(g))"), "7\n")
            self.assertEqual(self.rollback("one")["generation"], number + 2)
        self.assertEqual(self.run_cell("print(next(g))"), "7\n")

    def test_a_rollback_of_a_rollback(self) -> None:  # rule: H42
        for number in (1, 2, 3):
            self.run_cell(f"def f(): return {number}")
            self.checkpoint(f"after {number}")
        for number in (1, 3, 2, 1, 3):
            self.rollback(f"after {number}")
            self.assertEqual(self.run_cell("print(f())"), f"{number}\n")
        self.run_cell("def f(): return 4")
        self.checkpoint("after 4")
        self.rollback("after 2")
        self.assertEqual(self.run_cell("print(f())"), "2\n")
        self.rollback("after 4")
        self.assertEqual(self.run_cell("print(f())"), "4\n")

    def test_a_name_stands_for_its_last_checkpoint_and_drops(self) -> None:
        self.run_cell("x = 1")
        self.checkpoint("a")
        self.run_cell("x = 2")
        self.checkpoint("a")
        self.run_cell("x = 3")
        self.assertEqual(self.host.sessions()[0]["checkpoints"], ["a"])
        self.rollback("a")
        self.assertEqual(self.run_cell("print(x)"), "2\n")
        self.ask("checkpoint.drop", name="a")
        self.assertEqual(self.host.sessions()[0]["checkpoints"], [])
        self.assertEqual(self.refused("rollback", name="a")["data"]["code"], "invalid_argument")

    def test_a_checkpoint_that_is_dropped_while_a_branch_wakes_from_it_refuses_that_at_once(self) -> None:  # rule: H42
        self.run_cell("x = 1")
        self.checkpoint("a")
        for pid in self.copies(2):  # of the name, and of the last state
            os.kill(pid, signal.SIGSTOP)
        branching = self.host.request("branch", {"session": 1, "name": "b", "checkpoint": "a"})
        self.host.flush()
        self.ask("checkpoint.drop", name="a")
        error = self.host.answer(branching)["error"]
        self.assertIn("the checkpoint's process had ended", error["message"])
        self.assertEqual(self.run_cell("print(x)"), "1\n")

    def test_an_unknown_name_is_refused_with_those_that_there_are(self) -> None:  # rule: ERR-3
        self.run_cell("x = 1")
        self.assertIn("there is none", self.refused("rollback", name="nope")["message"])
        self.checkpoint("this")
        self.checkpoint("that")
        for method, params in (("rollback", {"name": "nope"}), ("checkpoint.drop", {"name": "nope"}), ("branch", {"name": "b", "checkpoint": "nope"})):
            with self.subTest(method):
                error = self.refused(method, **params)
                self.assertEqual((error["code"], error["data"]["code"]), (-32602, "invalid_argument"))
                for shown in ("nope", "this", "that"):
                    self.assertIn(shown, error["message"])
        self.assertEqual(self.run_cell("print(x)"), "1\n")

    def test_one_more_than_the_limit_is_refused_and_none_of_them_is_lost(self) -> None:
        for number in range(limits.NAMED_CHECKPOINTS):
            self.run_cell(f"x = {number}")
            self.checkpoint(str(number))
        error = self.refused("checkpoint", name="more")
        self.assertEqual(error["data"]["code"], "resource_exhausted")
        self.assertEqual((error["data"]["limit"], error["data"]["current"], error["data"]["max"]), ("named_checkpoints", 4, 4))
        self.checkpoint("2")  # another one of a name that is there
        self.ask("checkpoint.drop", name="0")
        self.checkpoint("more")
        for name, x in (("1", "1\n"), ("2", "3\n"), ("more", "3\n")):
            self.rollback(name)
            self.assertEqual(self.run_cell("print(x)"), x)

    def test_bad_requests_are_refused_by_name(self) -> None:  # rule: SES-7, ERR-3
        for method, params, shown in (
            ("checkpoint", {"name": ""}, "name"),
            ("checkpoint", {"name": "x" * 201}, "200"),
            ("checkpoint", {"name": 5}, "5"),
            ("rollback", {}, "name"),
            ("branch", {"name": "main"}, "main"),
            ("branch", {"name": "b", "workspace": "/none/such"}, "/none/such"),
            ("branch", {"name": "b", "checkpoint": 3}, "3"),
        ):
            with self.subTest(method=method, params=params):
                self.assertIn(shown, self.refused(method, **params)["message"])

    def test_while_a_cell_runs_they_are_refused_and_the_cell_goes_on(self) -> None:
        self.run_cell("x = 1")
        self.checkpoint("a")
        gate = Gate(self)
        number = self.host.start(f"{gate.wait}\nx = 2")
        for method, params in (("checkpoint", {"name": "b"}), ("rollback", {"name": "a"}), ("branch", {"name": "c"})):
            self.assertEqual(self.refused(method, **params)["data"]["code"], "invalid_state")
        gate.open()
        self.assertEqual(self.host.finish(number)["outcome"], "completed")
        self.assertEqual(self.run_cell("print(x)"), "2\n")

    def test_they_outlive_crashes_and_go_with_a_reset(self) -> None:  # rule: H42
        self.run_cell("def f(): return 1")
        self.checkpoint("a")
        self.run_cell("def f(): return 2")
        for _ in range(3):
            self.assertEqual(self.host.execute("import os; os._exit(1)")["state"]["source"], "checkpoint")
        self.assertEqual(self.run_cell("print(f())"), "2\n")
        self.rollback("a")
        self.assertEqual(self.run_cell("print(f())"), "1\n")
        self.ask("reset")
        self.assertEqual(self.host.sessions()[0]["checkpoints"], [])
        self.refused("rollback", name="a")
        self.copies(0)

    def test_with_the_policy_never_only_what_is_asked_for_is_kept(self) -> None:
        self.host.open("never", checkpoint="never")
        self.run_cell("def f(): return 1", 2)
        self.assertEqual(self.ask("checkpoint", session=2, name="a")["source"], "checkpoint")
        self.run_cell("def f(): return 2", 2)
        self.host.settle(2)
        state = self.host.execute("import os; os._exit(1)", 2)["state"]
        self.assertEqual((state["source"], state["lost"]), ("fresh", ["f"]))
        self.assertEqual(self.ask("rollback", session=2, name="a")["state"]["restored"], ["f"])
        self.assertEqual(self.run_cell("print(f())", 2), "1\n")

    def test_where_no_copy_can_be_made_it_is_a_snapshot_and_says_so(self) -> None:  # rule: H39
        self.run_cell("import os; ends = os.pipe(); plain = [1, {2: (3,)}]; f = lambda: 1")
        told = self.checkpoint("a")
        self.assertEqual((told["source"], told["cell"]), ("snapshot", 1))
        self.assertIn("a pipe", told["reason"])
        self.run_cell("plain = None")
        for _ in range(2):
            state = self.rollback("a")["state"]
            self.assertEqual((state["source"], state["preserved"]), ("snapshot", False))
            self.assertEqual(self.run_cell("print(plain)"), "[1, {2: (3,)}]\n")
            self.assertIn("plain", state["restored"])
            self.assertNotIn("f", state["restored"])

    def test_a_checkpoint_whose_process_was_killed_is_refused_and_the_state_stays(self) -> None:  # rule: H42
        self.run_cell("x = 1")
        self.checkpoint("a")
        self.run_cell("x = 2; f = lambda: x")
        dead = self.copies(2)
        for pid in dead:
            os.kill(pid, signal.SIGKILL)
        until_gone(dead, PATIENCE)
        error = self.refused("rollback", name="a")
        self.assertIn(error["data"]["code"], ("execution_failed", "invalid_argument"))
        self.assertEqual(self.run_cell("print(f())"), "2\n")

    def test_a_checkpoint_that_dies_while_it_wakes_leaves_the_state_as_it_is(self) -> None:  # rule: H42
        self.run_cell("x = 1")
        self.checkpoint("a")
        self.run_cell("x = 2; f = lambda: x")
        pids = self.copies(2)
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        number = self.host.request("rollback", {"session": 1, "name": "a"})
        self.host.call("status")
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        self.assertEqual(self.host.answer(number)["error"]["data"]["code"], "execution_failed")
        self.assertEqual(self.run_cell("print(f())"), "2\n")

    def test_a_kernel_that_is_killed_while_a_checkpoint_is_asked_for(self) -> None:  # rule: H42, SES-11
        self.run_cell("x = 1; f = lambda: x")
        self.host.settle()
        kernel = self.host.kernel()
        os.kill(kernel, signal.SIGSTOP)
        number = self.host.request("checkpoint", {"session": 1, "name": "a"})
        self.host.call("status")
        os.kill(kernel, signal.SIGKILL)
        self.assertIn("error", self.host.answer(number))
        self.assertEqual(self.host.generation()["state"]["source"], "checkpoint")
        self.assertEqual(self.run_cell("print(f())"), "1\n")


class BranchTest(StateTest):
    def branch(self, name: str = "b", session: int = 1, **params: Any) -> int:
        return self.host.branch(name, session, **params)

    def test_it_has_the_state_and_neither_sees_what_the_other_does(self) -> None:
        self.run_cell("import itertools\nclass A: n = 1\na = A(); g = itertools.count(); f = lambda: a.n")
        child = self.branch()
        self.assertEqual(child, 2)
        self.run_cell("A.n = 2; next(g); mine = 1", child)
        self.assertEqual(self.run_cell("print(f(), next(g), 'mine' in globals(), type(a) is A)"), "1 0 False True\n")
        self.run_cell("a.n = 7; del g")
        self.assertEqual(self.run_cell("print(f(), next(g), mine)", child), "2 1 1\n")

    def test_output_goes_to_the_session_that_wrote_it(self) -> None:
        self.run_cell("import os, subprocess, sys")
        child = self.branch()
        loop = "for i in range(200): print('{0}'); os.write(2, b'{0}'); sys.stdout.flush()\nsubprocess.run(['echo', '{0}'])"
        numbers = {session: self.host.start(loop.format(name), session) for session, name in ((1, "parent"), (child, "child"))}
        for session, number in numbers.items():
            self.assertEqual(self.host.finish(number, session)["outcome"], "completed")
        self.assertEqual(self.host.text(1), "parent\n" * 201)
        self.assertEqual(self.host.text(child), "child\n" * 201)
        for session, name in ((1, b"parent"), (child, b"child")):
            self.assertEqual(bytes(self.host.output[session, self.host.cell(session), FrameKind.STDERR]), name * 200)
        self.assertEqual(bytes(self.host.late), b"")

    def test_a_private_workspace_is_copied_and_goes_with_the_branch(self) -> None:
        here = self.run_cell("import os; open('kept', 'w').write('a'); os.mkdir('sub'); os.chdir('sub'); open('deep', 'w').write('b'); print(os.getcwd())").strip()
        child = self.branch()
        there = self.run_cell("print(os.getcwd())", child).strip()
        self.assertNotEqual(here, there)
        self.assertEqual(os.path.basename(there), "sub")
        self.assertEqual(self.run_cell("print(open('../kept').read(), open('deep').read())", child), "a b\n")
        self.run_cell("open('deep', 'w').write('changed'); open('new', 'w').close()", child)
        self.assertEqual(self.run_cell("print(open('deep').read(), os.path.exists('new'))"), "b False\n")
        self.ask("session.close", session=child)
        self.assertFalse(os.path.exists(there))
        self.assertTrue(os.path.exists(here))

    def test_a_module_of_the_users_with_the_name_of_one_that_copies_does_no_harm(self) -> None:
        mine = "import os, sys; sys.path.insert(0, os.getcwd()); open('shutil.py', 'w').write('raise SystemExit'); sys.modules.pop('shutil', None)"
        self.run_cell(mine)
        self.assertEqual(self.run_cell("print(os.listdir())", self.branch()), "['shutil.py']\n")

    def test_a_named_workspace_is_taken_as_it_is(self) -> None:
        self.run_cell("open('kept', 'w').write('a')")
        with tempfile.TemporaryDirectory() as folder:
            told = self.ask("branch", name="b", workspace=folder)
            self.assertEqual(told["workspace"], folder)
            self.host.adopt(told)
            self.assertEqual(self.run_cell("import os; print(os.path.realpath('.'), os.listdir())", 2), f"{os.path.realpath(folder)} []\n")
            self.ask("session.close", session=2)
            self.assertTrue(os.path.exists(folder))

    def test_their_random_numbers_differ_and_the_parents_go_on(self) -> None:
        numpy = self.run_cell("import importlib.util, random; print(importlib.util.find_spec('numpy') is not None)") == "True\n"
        draw = "print(random.random(), numpy.random.random())" if numpy else "print(random.random())"
        self.run_cell("import random; random.seed(1)" + ("; import numpy; numpy.random.seed(1)" if numpy else ""))
        self.checkpoint("seeded")
        children = [self.branch(f"b{number}", **params) for number, params in enumerate([{}, {}, {"checkpoint": "seeded"}, {"checkpoint": "seeded"}])]
        drawn = [self.run_cell(draw, session).split() for session in (1, *children)]
        for numbers in zip(*drawn):
            self.assertEqual(len(set(numbers)), 5, drawn)
        self.rollback("seeded")
        self.assertEqual(self.run_cell(draw).split(), drawn[0])

    def test_open_files_have_positions_of_their_own(self) -> None:
        self.run_cell("import os; f = open('data', 'w+'); f.write('hello world'); f.flush(); f.seek(0); raw = os.open('data', os.O_RDONLY)")
        self.run_cell("ghost = open('ghost', 'w+'); ghost.write('still'); ghost.flush(); os.unlink('ghost'); log = open('log', 'a'); log.write('1'); log.flush()")
        self.checkpoint("a")
        live, kept = self.branch("live"), self.branch("kept", checkpoint="a")
        for session in (live, kept):
            self.assertEqual(self.run_cell("print(os.read(raw, 5), f.read(5), (ghost.seek(0), ghost.read())[1])", session), "b'hello' hello still\n")
        self.assertEqual(self.run_cell("print(os.read(raw, 5), f.read(5), (ghost.seek(0), ghost.read())[1])"), "b'hello' hello still\n")
        self.run_cell("os.lseek(raw, 0, 0)", live)
        self.assertEqual(self.run_cell("print(os.read(raw, 6))"), "b' world'\n")
        self.run_cell("log.write('2'); log.flush()", live)
        self.run_cell("log.write('3'); log.flush()")
        self.assertEqual(self.run_cell("print(open('log').read())"), "123\n")

    def test_a_branch_of_a_branch_and_of_a_checkpoint(self) -> None:
        self.run_cell("def f(): return 'first'")
        self.checkpoint("a")
        self.run_cell("def f(): return 'second'")
        second, first = self.branch("live"), self.branch("old", checkpoint="a")
        self.assertEqual((self.run_cell("print(f())", second), self.run_cell("print(f())", first)), ("second\n", "first\n"))
        self.run_cell("def g(): return f() + ' of a branch'", first)
        again = self.branch("again", first)
        self.run_cell("f = lambda: 'third'", first)
        self.assertEqual(self.run_cell("print(g())", again), "first of a branch\n")
        self.assertEqual(self.run_cell("print(g())", first), "third of a branch\n")
        self.assertEqual(self.host.call("checkpoint", session=again, name="a")["result"]["source"], "checkpoint")
        self.run_cell("f = None", again)
        self.host.call("rollback", session=again, name="a")
        self.assertEqual(self.run_cell("print(g())", again), "first of a branch\n")
        self.rollback("a")
        self.assertEqual(self.run_cell("print(f(), 'g' in globals())"), "first False\n")

    def test_it_has_tools_deadlines_and_deaths_of_its_own(self) -> None:
        host = self.host
        host.tools["add"] = lambda a, b: a + b
        self.ask("tools.register", tools=[{"name": "add", "parameters": None}])
        self.run_cell("held = add; kept = lambda: 5")
        child = self.branch()
        self.assertEqual(self.run_cell("print(add.sync(1, 2), await held(3, 4))", child), "3 7\n")
        self.assertEqual(host.execute("while True: pass", child, timeoutMs=50, graceMs=40_000)["cause"]["signals"], 1)
        result = host.execute("import os; os._exit(2)", child)
        self.assertEqual((result["state"]["source"], result["state"]["preserved"]), ("checkpoint", True))
        self.assertEqual(self.run_cell("print(kept(), add.sync(5, 6))", child), "5 11\n")
        self.assertEqual(self.run_cell("print(kept(), add.sync(7, 8))"), "5 15\n")
        self.assertEqual(host.events and {event["params"]["session"] for event in host.events}, {child})

    def test_when_the_parent_closes_it_goes_on(self) -> None:
        self.run_cell("import subprocess; f = lambda: 5")
        child = self.branch()
        sleeper = int(self.run_cell("p = subprocess.Popen(['sleep', '300']); print(p.pid)", child))
        self.ask("session.close")
        self.assertEqual(self.run_cell("print(f(), p.poll())", child), "5 None\n")
        self.assertEqual(self.host.execute("import os; os._exit(1)", child)["state"]["source"], "checkpoint")
        self.ask("session.close", session=child)
        until_gone([sleeper], PATIENCE)
        self.assertEqual(self.host.sessions(), [])

    def test_without_a_copy_it_begins_with_plain_data_and_says_what_is_missing(self) -> None:  # rule: H39
        self.run_cell("import os; ends = os.pipe(); plain = {1: 2}; f = lambda: 1")
        told = self.ask("branch", name="b")
        self.assertEqual((told["state"]["source"], told["state"]["preserved"]), ("snapshot", False))
        self.assertIn("a pipe", told["state"]["reason"])
        self.assertIn("f", told["state"]["lost"])
        self.host.adopt(told)
        self.assertEqual(self.run_cell("print(plain)", 2), "{1: 2}\n")

    def test_a_refused_one_leaves_nothing(self) -> None:
        self.run_cell("x = 1")
        self.host.settle()
        kernel = self.host.kernel()
        os.kill(kernel, signal.SIGSTOP)
        number = self.host.request("branch", {"session": 1, "name": "b"})
        self.host.call("status")
        os.kill(kernel, signal.SIGKILL)
        self.assertIn("error", self.host.answer(number))
        self.assertEqual([found["name"] for found in self.host.sessions()], ["main"])
        self.assertEqual(self.run_cell("print(x)"), "1\n")
        self.assertEqual(self.run_cell("print(x)", self.branch("b")), "1\n")


if __name__ == "__main__":
    unittest.main()
