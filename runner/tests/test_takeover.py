"""A frozen copy takes over: after every way of a kernel to end, all is there that was there before the cell."""

from __future__ import annotations

import itertools
import json
import os
import pathlib
import random
import signal
import time
import unittest
from typing import Any, Optional

from _runner.linux import state
from tests.support.host import Host
from tests.support.payload import patched
from tests.support.processes import children, copies, until, until_gone
from tests.support.tier import count, tell, thorough_from_wide

# Bounds what the design allows 100 ms on an idle machine.
PATIENCE = 10.0

STATE = """
import collections, enum, functools, itertools, json, os, random, sys, types
class Counter:
    def __init__(self): self.n = 0
    def bump(self):
        self.n += 1
        return self.n
class Reduced:
    def __reduce__(self): raise RuntimeError('no copy of me')
    __reduce_ex__ = __reduce__
class Level(enum.IntEnum): LOW = 1
def make():
    n = 0
    def inc():
        nonlocal n
        n += 1
        return n
    return inc
def numbers():
    n = 10
    while True:
        n += (yield n) or 1
inc, counter, reduced, level = make(), Counter(), Reduced(), Level.LOW
counter.itself = counter
half, g, endless = functools.partial(pow, 2), numbers(), itertools.count(5)
inc(); counter.bump(); next(g)
module = types.ModuleType('mine'); module.value = 3; sys.modules['mine'] = module
random.seed(7); random.random()
file = open('data', 'w+'); file.write('hello world'); file.flush(); file.seek(0); file.read(6)
raw = os.open('data', os.O_RDONLY); os.read(raw, 2)
ghost = open('ghost', 'w+'); ghost.write('still here'); ghost.flush(); os.unlink('ghost')
os.mkdir('sub'); os.chdir('sub'); os.environ['MARK'] = 'one'
"""
DAMAGE = """
inc(); counter.bump(); next(g); random.random(); next(endless); module.value = 0; os.environ['MARK'] = 'two'
file.seek(0); os.lseek(raw, 9, 0); del half; Level = None; os.chdir('/'); counter.itself = None; extra = 1
"""
CHECK = """
import mine
print(json.dumps([inc(), counter.bump(), counter.itself is counter, half(5), next(g), g.send(5), next(endless), mine.value,
    random.random(), file.read(), os.read(raw, 3).decode(), (ghost.seek(0), ghost.read())[1], os.path.basename(os.getcwd()),
    os.environ['MARK'], type(counter) is Counter, type(reduced) is Reduced, level is Level.LOW, 'extra' in globals()]))
"""


def expected() -> list[Any]:
    rng = random.Random(7)
    rng.random()
    kept = [2, 2, True, 32, 11, 16, 5, 3, rng.random(), "world", "llo", "still here", "sub", "one"]
    return [*kept, True, True, True, False]


STUCK = {
    "handler overridden": "import signal; signal.signal(2, lambda *_: None)\nwhile True: pass",
    "SIG_IGN": "import signal; signal.signal(2, signal.SIG_IGN)\nwhile True: pass",
    "SIGINT blocked": "import signal, time; signal.pthread_sigmask(signal.SIG_BLOCK, [2]); time.sleep(60)",
    "swallowed in a loop": "import time\nwhile True:\n  try: time.sleep(60)\n  except: pass",
    "sum(range)": "sum(range(10 ** 11))",
    "native lock, GIL held": "import ctypes; c = ctypes.PyDLL(None); m = ctypes.create_string_buffer(256)\n"
    "c.pthread_mutex_lock(m); c.pthread_mutex_lock(m)",
    "stopped": "os.kill(os.getpid(), 19)\nwhile True: pass",
}
DEATHS = {
    "exit": "os._exit(7)",
    "abort": "os.abort()",
    "segmentation fault": "import ctypes; ctypes.string_at(0)",
    "killed": "os.kill(os.getpid(), 9)",
    "terminated": "os.kill(os.getpid(), 15)",
    "another program": "os.execv('/bin/sleep', ['sleep', '60'])",
    "channel closed": "os.closerange(3, 65536)\nwhile True: pass",
    "exit in a thread": "import threading, time; threading.Thread(target=os._exit, args=(3,)).start(); time.sleep(60)",
}


class TakeoverTest(unittest.TestCase):
    payload: Optional[pathlib.Path] = None
    host: Host
    numbers = itertools.count()

    @classmethod
    def setUpClass(cls) -> None:
        cls.host = Host(payload=cls.payload)
        cls.host.wait_for(lambda: cls.host.hello)
        cls.addClassCleanup(cls.host.close)

    def setUp(self) -> None:
        self.session = self.host.open(f"{self._testMethodName} {next(self.numbers)}")
        self.addCleanup(self.host.call, "session.close", session=self.session)

    def execute(self, code: str, **params: Any) -> dict[str, Any]:
        return self.host.execute(code, self.session, **params)

    def printed(self, code: str) -> str:
        result = self.execute(code)
        self.assertEqual(result["outcome"], "completed", self.host.reports.get(self.host.cell(self.session)))
        return self.host.text(self.session)

    def assert_as_before(self, result: dict[str, Any]) -> None:
        """The state is that from before the cell, and said to be."""
        state = result["state"]
        self.assertEqual((state["source"], state["preserved"], state["lost"]), ("checkpoint", True, []), state)
        self.assertLessEqual({"inc", "counter", "half", "g", "module", "file", "ghost", "Counter"}, set(state["restored"]))
        self.assertEqual(json.loads(self.printed(CHECK)), expected())

    # --- every way to end ---

    def test_after_each_kind_of_code_that_must_be_killed(self) -> None:  # rule: H40, LIF-18
        lines = []
        for name, code in STUCK.items():
            with self.subTest(name):
                self.setUp()
                self.execute(STATE)
                result = self.execute(DAMAGE + code, timeoutMs=400, graceMs=80)
                self.assertEqual((result["outcome"], result["cause"]["killed"]), ("timed_out", True))
                lines.append(f"  {name}: told {result['elapsedNanos'] / 1e6 - 480:.0f} ms after the kill")
                self.assert_as_before(result)
        tell("takeover after a kill\n" + "\n".join(lines))

    def test_after_each_way_of_a_kernel_to_end_by_itself(self) -> None:  # rule: H40, H19, LIF-18
        for name, code in DEATHS.items():
            with self.subTest(name):
                self.setUp()
                self.execute(STATE)
                result = self.execute("print('partial', end='')\n" + DAMAGE + code)
                self.assertEqual((result["outcome"], self.host.text(self.session)), ("crashed", "partial"))
                self.assertIn("changes to files", result["state"]["notRolledBack"])
                told = self.host.generation(self.session)
                self.assertEqual((told["generation"], told["reason"], told["state"]["source"]), (2, "crashed", "checkpoint"))
                self.assert_as_before(result)

    def test_after_a_death_between_cells(self) -> None:  # rule: H40
        self.execute(STATE)
        self.host.settle(self.session)
        os.kill(self.host.kernel(self.session), signal.SIGKILL)
        told = self.host.generation(self.session)
        self.assertEqual((told["reason"], told["state"]["source"], told["state"]["preserved"]), ("crashed", "checkpoint", True))
        self.assertEqual(json.loads(self.printed(CHECK)), expected())

    def test_ten_deaths_one_after_another(self) -> None:  # rule: H42
        self.execute("def f(): return kept\nkept = [0]")
        for number in range(1, 11):
            self.assertEqual(self.execute("kept.append('lost'); import os; os._exit(1)")["state"]["source"], "checkpoint")
            self.assertEqual(self.printed(f"kept.append({number}); print(f())"), f"{list(range(number + 1))}\n")
        self.assertEqual(self.execute("pass")["generation"], 11)

    def test_a_death_right_after_a_death_finds_a_copy(self) -> None:  # rule: H42
        # A kernel that has woken tells of its next copy right after it was ready.
        for number in range(count("pairs of deaths", 40, 1000)):
            self.execute(f"def f(): return {number}")
            for _ in range(2):
                state = self.execute("import os; os._exit(1)")["state"]
                self.assertEqual((state["source"], state["preserved"]), ("checkpoint", True), state)

    def test_the_design_s_own_example(self) -> None:  # rule: H40
        self.execute(
            "import os\nlog = open('log', 'a'); log.write('line\\n'); log.close()\n"
            "g = (n * n for n in range(10)); next(g); next(g)\n"
            "def make():\n  n = 41\n  return lambda: n + 1\nclosure = make()\n"
            "handle = open('gone', 'w+'); handle.write('text'); handle.flush(); os.unlink('gone')"
        )
        self.assertEqual(self.execute("os._exit(9)")["state"]["source"], "checkpoint")
        self.assertEqual(self.printed("handle.seek(0); print(open('log').read(), next(g), closure(), handle.read())"), "line\n 4 42 text\n")

    def test_tools_and_limits_and_streams_work_after_a_takeover(self) -> None:
        host = self.host
        host.tools["add"] = lambda a, b: a + b
        host.call("tools.register", session=self.session, tools=[{"name": "add", "parameters": None}])
        self.execute("held = add")
        self.execute("import os; os._exit(1)")
        code = "import sys, subprocess; print(held.sync(1, 2), await add(3, 4)); print('err', file=sys.stderr); subprocess.run(['echo', 'child'])"
        self.assertEqual(self.printed(code), "3 7\nchild\n")
        self.assertEqual(host.text(self.session, "stderr"), "err\n")
        self.assertEqual(self.execute("while True: pass", timeoutMs=50, graceMs=40_000)["cause"]["signals"], 1)
        self.assertEqual(self.printed("import threading; t = threading.Thread(target=lambda: print(add.sync(5, 6))); t.start(); t.join()"), "11\n")

    def test_a_kernel_that_woke_is_the_supervisor_s_child_and_dies_with_it(self) -> None:
        self.execute("x = 1")
        self.execute("import os; os._exit(1)")
        self.assertEqual(self.printed("print(os.getppid()) if 'os' in globals() else print(__import__('os').getppid())"), f"{self.host.hello['pid']}\n")
        self.assertEqual(self.printed("print(open('/proc/self/oom_score_adj').read().strip())"), "1000\n")

    # --- numpy ---

    def test_arrays_and_their_randomness_come_back(self) -> None:  # rule: H40
        if self.printed("import importlib.util; print(importlib.util.find_spec('numpy') is not None)") != "True\n":
            self.skipTest("this Python has no numpy")
        self.execute("import numpy; numpy.random.seed(3); a = numpy.arange(6).reshape(2, 3); view = a[1]; rng = numpy.random.default_rng(4)")
        self.execute("a[:] = 0; numpy.random.random(); rng.random(); import os; os._exit(1)")
        text = self.printed("a[1, 0] = 9; print(view.tolist(), numpy.random.random() == numpy.random.RandomState(3).random_sample())")
        self.assertEqual(text, "[9, 4, 5] True\n")
        self.assertEqual(self.printed("print(rng.random() == numpy.random.default_rng(4).random())"), "True\n")

    # --- where no copy can be made ---

    def test_what_must_not_be_copied_leaves_plain_data_and_the_reason(self) -> None:  # rule: H39, LIF-18
        gates = {
            "threads": "import threading; event = threading.Event(); thread = threading.Thread(target=event.wait, daemon=True); thread.start()",
            "a pipe": "import os; ends = os.pipe()",
            "a socket": "import socket; a, b = socket.socketpair()",
            "a loop": "import asyncio; loop = asyncio.new_event_loop()",
            "memory": "import resource; resource.setrlimit(resource.RLIMIT_AS, (800 << 20, -1)); big = bytearray(b'1') * (260 << 20)",
        }
        for gate, code in gates.items():
            with self.subTest(gate):
                self.setUp()
                result = self.execute(f"plain = {{'a': [1, (2.5, None)]}}\nf = lambda: 1\nclass R:\n  def __reduce__(self): raise 1\nr = R()\n{code}")
                self.assertEqual(result["outcome"], "completed", self.host.reports.get(1))
                state = self.execute("plain.clear(); import os; os._exit(1)")["state"]
                self.assertEqual((state["source"], state["preserved"]), ("snapshot", False))
                self.assertIn({"a loop": "epoll"}.get(gate, gate), state["reason"])
                self.assertIn("plain", state["restored"])
                self.assertLessEqual({"f", "R", "r"}, set(state["lost"]))
                self.assertEqual(self.printed("print(plain, 'f' in globals())"), "{'a': [1, (2.5, None)]} False\n")

    def test_when_what_was_in_the_way_is_gone_there_are_copies_again(self) -> None:  # rule: H39
        self.execute("import os; ends = os.pipe(); f = lambda: 5")
        self.execute("[os.close(fd) for fd in ends]")
        self.assertEqual(self.execute("os._exit(1)")["state"]["source"], "checkpoint")
        self.assertEqual(self.printed("print(f())"), "5\n")

    # --- copies that end ---

    def test_a_copy_that_was_killed_is_missed_in_the_report(self) -> None:  # rule: H42, LIF-18
        self.execute("x = 1; f = lambda: x")
        self.host.settle(self.session)
        (copy,) = self.copies()
        os.kill(copy, signal.SIGKILL)
        until_gone([copy], PATIENCE)
        self.host.call("status")
        state = self.execute("import os; os._exit(1)")["state"]
        self.assertEqual((state["source"], state["preserved"]), ("fresh", False))
        self.assertLessEqual({"x", "f"}, set(state["lost"]))
        self.assertIn("checkpoint", state["reason"])
        self.assertEqual(self.printed("print('x' in globals())"), "False\n")

    def test_a_copy_that_dies_while_it_wakes_is_replaced_by_a_fresh_kernel(self) -> None:  # rule: H42, LIF-18
        self.execute("x = 1")
        self.host.settle(self.session)
        (copy,) = self.copies()
        os.kill(copy, signal.SIGSTOP)  # it cannot wake
        number = self.host.start("import os; os._exit(1)", self.session)
        kernel = self.host.kernel(self.session)
        until_gone([kernel], PATIENCE)
        self.host.wait_for(lambda: self.condition() == "busy" and self.host.kernel(self.session) == 0 or number in self.host.replies)
        os.kill(copy, signal.SIGKILL)
        result = self.host.finish(number, self.session)
        self.assertEqual((result["outcome"], result["state"]["source"]), ("crashed", "fresh"))
        self.assertIn("x", result["state"]["lost"])
        self.assertEqual(self.printed("print('x' in globals())"), "False\n")
        self.assertEqual(self.host.generation(self.session)["state"]["source"], "fresh")

    def test_a_kernel_killed_while_it_copies_itself_leaves_the_truth(self) -> None:  # rule: H42, LIF-18
        runs = count("kernels killed around their copying", 25, 500)
        sources: dict[str, int] = {}
        for run in range(1, runs + 1):
            self.execute(f"x = {run}; f = lambda: x")
            kernel = self.host.kernel(self.session)
            time.sleep(run % 25 / 25 * 0.004)
            os.kill(kernel, signal.SIGKILL)
            state = self.host.generation(self.session)["state"]
            sources[state["source"]] = sources.get(state["source"], 0) + 1
            text = self.printed("print(f() if 'f' in globals() else None)").strip()
            if state["preserved"]:
                self.assertEqual((text, state["lost"]), (str(run), []), state)
            elif state["source"] == "checkpoint":
                self.assertIn("the state is that after cell", state["reason"])
                self.assertNotEqual(text, str(run))
            else:
                self.assertEqual((text, state["source"]), ("None", "fresh"))
        tell(f"killed around their copying: {sources}")
        self.copies()

    def copies(self) -> list[int]:
        """The processes that sleep for the only session, once those that were dropped have ended."""
        self.host.settle(self.session)
        kernels = [found["pid"] for found in self.host.sessions()]
        until(lambda: len(copies(self.host.hello["pid"], kernels)) == 1, PATIENCE)
        return copies(self.host.hello["pid"], kernels)

    def condition(self) -> Optional[str]:
        return next(found["state"] for found in self.host.sessions() if found["session"] == self.session)


class InterruptedMeanwhileTest(unittest.TestCase):
    """A kernel that takes over stands still when it has said its number, and not yet made itself ready."""

    def test_an_interrupt_waits_for_its_cell_and_does_not_end_the_kernel(self) -> None:  # rule: H13, LIF-18
        still = patched(type(self), "kernel", "config = awakening.config", "config = awakening.config; os.kill(_getpid(), 19)")
        with Host(payload=still) as host:
            session = host.open("main")
            host.execute("kept = 7", session)
            host.settle(session)
            killed = host.kernel(session)
            os.kill(killed, signal.SIGKILL)
            until_gone([killed], PATIENCE)
            cell = host.start("import time; time.sleep(100)", session)
            until(lambda: bool(self.stopped(host)), PATIENCE)
            asked = host.call("interrupt", session=session, cell=host.cell(session), graceMs=40_000)
            self.assertTrue(asked["result"]["running"])
            os.kill(self.stopped(host)[0], signal.SIGCONT)
            result = host.finish(cell, session)
            self.assertEqual((result["outcome"], result["cause"]["killed"]), ("interrupted", False))
            host.execute("print(kept)", session)
            self.assertEqual(host.text(session), "7\n")

    @staticmethod
    def stopped(host: Host) -> list[int]:
        return [pid for pid in children(host.process.pid) if state(pid) == "T"]


@unittest.skipUnless(thorough_from_wide(), "test_frozen tries the double fork in the smallest tier; -Pwide runs it")
class OtherMeansTest(TakeoverTest):
    """The same where the system call is not known, and a process between makes the copy."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.payload = patched(cls, "aside", "_SISTER = _sister()", "_SISTER = None")
        super().setUpClass()


if __name__ == "__main__":
    unittest.main()
