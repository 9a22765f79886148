"""Deadlines and interrupts of real cells: what each kind of stuck code needs, and that nothing but that code is hit."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
import unittest
from typing import Any, NamedTuple, Optional

from _runner import limits, page
from _runner.frames import encode_credit
from tests.support.gate import LATER, Gate
from tests.support.host import Host
from tests.support.kernels import KernelHost, Said
from tests.support.processes import until_gone
from tests.support.tier import count, not_on_each, tell

setUpModule = not_on_each

# Bounds what the design allows 200 ms above the ladder on an idle machine.
SLACK_SECONDS = 10.0
# Loaded before the stuck cell is: on a busy machine an import takes longer than that cell's deadline.
LOADED = "import asyncio, ctypes, queue, re, signal, subprocess, threading\n"
STATE = LOADED + "kept = {'a': [1]}\ndef double(x):\n  return 2 * x\n"


class Stuck(NamedTuple):
    """A cell that does not end by itself, and the weakest step that ends it."""

    name: str
    code: str
    ends_by: int  # number of the signal; 0: SIGKILL


STUCK = [
    Stuck("loop", "while True: pass", 1),
    Stuck("sleep", "import time; time.sleep(60)", 1),
    Stuck("lock", "import threading; lock = threading.Lock(); lock.acquire(); lock.acquire()", 1),
    Stuck("queue.get", "import queue; queue.Queue().get()", 1),
    Stuck(
        "thread.join",
        "import threading, time; t = threading.Thread(target=time.sleep, args=(60,), daemon=True); t.start(); t.join()",
        1,
    ),
    Stuck("asyncio.run(sleep)", "import asyncio; asyncio.run(asyncio.sleep(60))", 1),
    Stuck("subprocess.run", "import subprocess; subprocess.run(['sleep', '60'])", 1),
    Stuck("re backtracking", "import re; re.match(r'(a+)+$', 'a' * 40 + 'b')", 1),
    Stuck("huge power", "s = (7 ** 10 ** 7) ** 9", 1),
    Stuck("sort with a key", "sorted(range(3 * 10 ** 6), key=lambda v: -v); import time; time.sleep(60)", 1),
    Stuck("top-level await", "import asyncio; await asyncio.sleep(60)", 1),
    Stuck("top-level await, busy", "import asyncio\nawait asyncio.sleep(0)\nwhile True: pass", 1),
    Stuck("task of the cell", "import asyncio\nasync def spin():\n  while True: await asyncio.sleep(0)\nawait asyncio.create_task(spin())", 1),
    Stuck("busy task of the cell", "import asyncio\nasync def spin():\n  while True: pass\nawait asyncio.create_task(spin())", 1),
    Stuck("gather of a library", "import asyncio; await asyncio.gather(*(asyncio.sleep(60) for _ in range(3)))", 1),
    Stuck("asyncio.Queue.get", "import asyncio; await asyncio.Queue().get()", 1),
    Stuck(
        "await of a thread",
        "import asyncio, time; await asyncio.get_running_loop().run_in_executor(None, time.sleep, 1)\nawait asyncio.sleep(60)",
        1,
    ),
    Stuck("busy coroutine in asyncio.run", "import asyncio\nasync def spin():\n  while True: pass\nasyncio.run(spin())", 1),
    Stuck("print", "while True: print(1)", 1),
    Stuck("raw write", "import os\nwhile True: os.write(1, b'1' * 10000)", 1),
    Stuck("handler put back", "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\nwhile True: pass", 1),
    Stuck("finally", "import time\ntry: time.sleep(60)\nfinally: time.sleep(61)", 2),
    Stuck("one except", "import time\ntry: time.sleep(60)\nexcept KeyboardInterrupt: time.sleep(61)", 2),
    Stuck("handler overridden", "import signal; signal.signal(signal.SIGINT, lambda *_: None)\nwhile True: pass", 0),
    Stuck("SIG_IGN", "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass", 0),
    Stuck("SIGINT blocked", "import signal, time; signal.pthread_sigmask(signal.SIG_BLOCK, [2]); time.sleep(60)", 0),
    Stuck("swallowed in a loop", "import time\nwhile True:\n  try: time.sleep(60)\n  except: pass", 0),
    Stuck("sum(range)", "sum(range(10 ** 11))", 0),
    Stuck(
        "native lock, GIL held",
        "import ctypes; c = ctypes.PyDLL(None); m = ctypes.create_string_buffer(256)\n"
        "c.pthread_mutex_lock(m); c.pthread_mutex_lock(m)",
        0,
    ),
    Stuck("stopped", "import os; os.kill(os.getpid(), 19)\nwhile True: pass", 0),
]

# Milliseconds: so long that the next signal is not needed, that the third is not, that the kill comes soon.
GRACE = {1: 40_000, 2: 4_000, 0: 200}


# The same: until the deadline a cell must have come to where one signal does not end it.
DEADLINE = {1: 100, 2: 300, 0: 300}


class MatrixTest(unittest.TestCase):
    def test_every_stuck_cell_is_ended_by_the_weakest_step_that_can_and_the_session_goes_on(self) -> None:  # rule: H11, LIF-14
        lines = [f"{'cell':30} {'outcome':10} signals killed     ms state      verdict"]
        with Host() as host:
            for row in STUCK:
                with self.subTest(row.name):
                    lines.append(self._row(host, row))
        tell("\n".join(lines))

    def _row(self, host: Host, row: Stuck) -> str:
        session, grace, deadline = host.open(row.name), GRACE[row.ends_by], DEADLINE[row.ends_by]
        host.order.clear()
        pid = host.kernel(session)
        host.execute(STATE, session)
        started = time.monotonic()
        number = host.start(row.code, session, timeoutMs=deadline, graceMs=grace)
        self.assertEqual(host.call("status")["result"]["sessions"][-1]["state"], "busy")  # the supervisor is not stuck
        result = host.finish(number, session)
        took = time.monotonic() - started
        cause, state = result["cause"], result["state"]
        self.assertEqual((result["outcome"], cause["kind"], cause["limitMs"]), ("timed_out", "deadline", deadline))
        self.assertGreaterEqual(took, deadline / 1000)
        if row.ends_by:
            self.assertEqual((cause["killed"], state["source"]), (False, "live"), cause)
            self.assertGreaterEqual(cause["signals"], row.ends_by)
            self.assertLess(took, (deadline + grace / 4 * row.ends_by) / 1000)
            self.assertEqual(host.kernel(session), pid)
        else:
            self.assertEqual((cause["killed"], cause["signals"], state["source"]), (True, 3, "checkpoint"), result)
            self.assertIn("was killed", cause["detail"])
            self.assertLess(took, (deadline + grace) / 1000 + SLACK_SECONDS)
        self.assertEqual((state["preserved"], state["lost"]), (True, []))
        self.assertEqual(host.execute("print(double(kept['a'][0]))", session)["outcome"], "completed")
        self.assertEqual(host.text(session), "2\n")
        self.assertEqual(len([1 for what, cell in host.order if what == "reply" and cell == host.cell(session) - 1]), 1)
        host.call("session.close", session=session)
        verdict = cause.get("verdict", "")
        return f"{row.name:30} {result['outcome']:10} {cause['signals']:7} {cause['killed']!s:6} {took * 1000:6.0f} {state['source']:10} {verdict}"


class OutcomeTest(unittest.TestCase):
    """What a cell is told to have become, and what it leaves behind."""

    host: Host

    @classmethod
    def setUpClass(cls) -> None:
        cls.host = Host()
        cls.host.wait_for(lambda: cls.host.hello)
        cls.addClassCleanup(cls.host.close) if hasattr(cls, "addClassCleanup") else None

    def setUp(self) -> None:
        self.session = self.host.open(self.id())
        self.pid = self.host.kernel(self.session)

    def tearDown(self) -> None:
        self.host.call("session.close", session=self.session)
        self.host.events.clear()

    def execute(self, code: str, **params: Any) -> dict[str, Any]:
        return self.host.execute(code, self.session, **params)

    def timed(self, code: str, ms: int = 100, grace: int = 40_000, **params: Any) -> dict[str, Any]:
        return self.execute(code, timeoutMs=ms, graceMs=grace, **params)

    def interrupt(self, number: int, grace: int = 40_000) -> dict[str, Any]:
        """Interrupt the cell that runs, once it does."""
        self.assertTrue(self.ask(grace))
        return self.host.finish(number, self.session)

    def ask(self, grace: int = 40_000, cell: Optional[int] = None) -> bool:
        cell = self.host.cell(self.session) if cell is None else cell
        return bool(self.host.call("interrupt", session=self.session, cell=cell, graceMs=grace)["result"]["running"])

    def when_printed(self, code: str, **params: Any) -> int:
        number = self.host.start(code, self.session, **params)
        self.host.wait_for(lambda: self.out().endswith("\n"))
        return number

    def out(self) -> str:
        return self.host.text(self.session)

    def error(self) -> dict[str, Any]:
        found = self.host.reports[self.host.cell(self.session)]["error"]
        assert isinstance(found, dict)
        return found

    def assert_alive(self) -> None:
        """The same kernel runs cells as before, and can be interrupted by one signal."""
        self.assertEqual(self.execute("print('alive')")["outcome"], "completed")
        self.assertEqual((self.out(), self.host.kernel(self.session)), ("alive\n", self.pid))
        self.assertEqual(self.timed("while True: pass", 10)["cause"]["signals"], 1)

    # --- deadlines ---

    def test_a_deadline_keeps_the_output_and_the_state(self) -> None:  # rule: C57
        result = self.timed(
            "import sys\nprint('before timeout'); print('stderr before timeout', file=sys.stderr)\npartial = 42\nwhile True: pass"
        )
        self.assertEqual(result["outcome"], "timed_out")
        self.assertEqual(result["state"], {"preserved": True, "source": "live", "restored": [], "lost": []})
        self.assertEqual((self.out(), self.host.text(self.session, "stderr")), ("before timeout\n", "stderr before timeout\n"))
        self.assertEqual(self.error()["type"], "KeyboardInterrupt")
        self.assertEqual(self.error()["frames"][-1]["line"], 4)
        self.execute("print(partial)")
        self.assertEqual(self.out(), "42\n")

    def test_except_exception_in_a_loop_swallows_no_deadline(self) -> None:  # rule: C60
        code = "caught = 0\nwhile True:\n  try: pass\n  except Exception: caught += 1"
        if sys.version_info[:2] == (3, 10):
            # That Python looks for signals where a loop jumps back, but not if a `try` is next: only a kill helps.
            result = self.timed(code, grace=1000)
            self.assertEqual((result["outcome"], result["cause"]["killed"]), ("timed_out", True))
            self.assertEqual(self.execute("print('on')")["outcome"], "completed")
            return
        result = self.timed(code)
        self.assertEqual((result["outcome"], result["cause"]["signals"], self.out()), ("timed_out", 1, ""))
        self.assert_alive()

    def test_except_exception_around_a_loop_swallows_no_deadline(self) -> None:  # rule: W41
        # Signals are looked for where a loop jumps back: here that is inside the `try`.
        result = self.timed("caught = 0\nwhile True:\n  try:\n    for _ in range(1000): pass\n  except Exception: caught += 1")
        self.assertEqual((result["outcome"], result["cause"]["signals"]), ("timed_out", 1))
        self.execute("print(caught)")
        self.assertEqual(self.out(), "0\n")

    def test_a_blocking_subprocess_gives_its_output_and_ends_with_the_cell(self) -> None:  # rule: C61
        child = (
            "import sys, time, os; print('child before timeout', os.getpid()); print('child err before timeout', file=sys.stderr); "
            "sys.stdout.flush(); sys.stderr.flush(); time.sleep(300)"
        )
        number = self.when_printed(f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])", timeoutMs=1500)
        result = self.host.finish(number, self.session)
        self.assertEqual((result["outcome"], result["state"]["source"]), ("timed_out", "live"))
        self.assertTrue(self.out().startswith("child before timeout "))
        self.assertTrue(self.host.text(self.session, "stderr").startswith("child err before timeout\n"))
        until_gone([int(self.out().split()[-1])], SLACK_SECONDS)
        self.assert_alive()

    def test_pending_async_work_of_a_timed_out_cell_never_happens(self) -> None:  # rule: C63
        # What it waits for comes when its cell is over: no machine is slow enough for it to be done in time.
        first, second = Gate(self), Gate(self)
        self.timed(LATER.format(first.shut) + "await later()")
        first.open()
        self.execute("import time; time.sleep(0.2); print('late' in globals())")
        self.assertEqual(self.out(), "False\n")
        self.timed(LATER.format(second.shut) + "task = asyncio.ensure_future(later())\nawait asyncio.sleep(60)")
        second.open()
        self.execute("await asyncio.sleep(0.2); print('late' in globals(), task.cancelled())")
        self.assertEqual(self.out(), "False True\n")

    def test_a_native_call_that_cannot_be_interrupted_is_killed_at_the_end_of_its_grace(self) -> None:  # rule: C64
        self.execute("kept = [1]; f = lambda: kept")
        started = time.monotonic()
        result = self.timed(
            "import hashlib, sys; print('out'); print('err', file=sys.stderr); kept.append(2)\n"
            "hashlib.pbkdf2_hmac('sha256', b'x', b'y', 1_000_000_000)",
            grace=500,
        )
        self.assertLess(time.monotonic() - started, 0.6 + SLACK_SECONDS)
        self.assertEqual((result["outcome"], result["cause"]["killed"]), ("timed_out", True))
        self.assertEqual((self.out(), self.host.text(self.session, "stderr")), ("out\n", "err\n"))
        self.execute("print(f())")
        self.assertEqual(self.out(), "[1]\n")

    def test_ignoring_the_signal_loses_the_cell_and_nothing_else(self) -> None:  # rule: C65
        # The contract allows a snapshot with losses; a checkpoint has none.
        self.execute("import itertools; numbers = itertools.count(5); f = lambda: next(numbers)")
        result = self.timed("import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass", 300, 10)
        self.assertEqual((result["state"]["preserved"], result["state"]["source"]), (True, "checkpoint"))
        self.assertLessEqual({"numbers", "f"}, set(result["state"]["restored"]))
        self.execute("print(f())")
        self.assertEqual(self.out(), "5\n")

    def test_a_late_end_within_the_grace_is_accepted(self) -> None:  # rule: C69
        result = self.timed("import time\ntry: time.sleep(60)\nfinally:\n  time.sleep(0.4); cleaned = True", 50, 40_000)
        self.assertEqual((result["outcome"], result["cause"]["killed"], result["state"]["source"]), ("timed_out", False, "live"))
        self.assertGreaterEqual(result["elapsedNanos"], 440_000_000)
        self.execute("print(cleaned)")
        self.assertEqual(self.out(), "True\n")

    def test_a_cell_that_completes_after_its_deadline_is_timed_out_and_has_its_value(self) -> None:  # rule: C72, LIF-16, W21
        result = self.timed("import time\ntry: time.sleep(60)\nexcept KeyboardInterrupt: print('x')\n6 * 7", value=True)
        self.assertEqual((result["outcome"], result["state"]["source"], self.out()), ("timed_out", "live", "x\n"))
        self.assertEqual(self.host.reports[self.host.cell(self.session)]["value"]["data"], 42)
        self.assert_alive()

    def test_a_cell_in_time_knows_nothing_of_its_deadline(self) -> None:
        for _ in range(50):
            result = self.timed("x = 1", 60_000)
            self.assertEqual(result["outcome"], "completed")
            self.assertNotIn("cause", result)

    def test_variables_have_deadlines_too(self) -> None:
        self.execute("class Slow:\n  def __repr__(self):\n    while True: pass\nslow = Slow()\nclass Last:\n  def __del__(self):\n    while True: pass\nlast = Last()")
        for method, params, attachments in (
            ("variable.get", {"name": "slow"}, []),
            ("variable.set", {"name": "last"}, [b"1"]),
        ):
            with self.subTest(method):
                self.host._cells[self.session] += 1
                params = {**params, "timeoutMs": 50, "graceMs": 2_000}
                number = self.host.request(method, params, self.session, self.host.cell(self.session), attachments)
                result = self.host.finish(number, self.session)
                self.assertEqual((result["outcome"], result["cause"]["killed"]), ("timed_out", False))
        self.assert_alive()

    def test_what_the_report_asks_of_the_users_objects_has_the_deadline_too(self) -> None:
        endless = "def {}(self, *_):\n    while True: pass"
        for name in ("__str__", "__repr__", "__getattribute__"):
            with self.subTest(name):
                result = self.timed(f"class Bad(Exception):\n  {endless.format(name)}\nraise Bad('bad')", 50, 2_000)
                self.assertFalse(result.get("cause", {}).get("killed"))
        result = self.timed(f"import sys\nclass Stream:\n  write = print\n  {endless.format('flush')}\nsys.stdout = Stream()", 50)
        self.assertEqual((result["outcome"], result["cause"]["killed"]), ("timed_out", False))
        self.execute("sys.stdout = sys.__stdout__", timeoutMs=1000, graceMs=40_000)
        self.assert_alive()

    # --- interrupts ---

    def test_an_interrupt_is_told_as_what_it_was(self) -> None:  # rule: LIF-15, LIF-16
        number = self.when_printed("x = 1; print('on')\nwhile True: pass")
        result = self.interrupt(number)
        self.assertEqual(result["outcome"], "interrupted")
        self.assertEqual(result["cause"], {"kind": "interrupt", "signals": 1, "killed": False})
        self.assertEqual((result["state"]["source"], self.error()["type"]), ("live", "KeyboardInterrupt"))
        self.assert_alive()

    def test_one_that_is_caught_leaves_a_completed_cell(self) -> None:  # rule: LIF-16
        result = self.interrupt(self.when_printed("import time\ntry:\n  print('on'); time.sleep(60)\nexcept KeyboardInterrupt: pass\nprint('done')"))
        self.assertEqual((result["outcome"], self.out()), ("completed", "on\ndone\n"))
        self.assertNotIn("cause", result)
        self.assert_alive()

    def test_one_that_came_too_late_changes_nothing(self) -> None:  # rule: LIF-16
        result = self.interrupt(self.when_printed("import time\ntry:\n  print('on'); time.sleep(60)\nexcept KeyboardInterrupt: pass\n1 / 0"))
        self.assertIn(result["outcome"], ("raised", "interrupted"))
        self.assertEqual(self.error()["type"], "ZeroDivisionError")
        self.assert_alive()

    def test_one_for_another_cell_does_nothing(self) -> None:  # rule: LIF-15, H13
        gate = Gate(self)
        number = self.when_printed(f"print('on')\n{gate.wait}")
        cell = self.host.cell(self.session)
        self.assertEqual([self.ask(cell=other) for other in (cell - 1 or 99, cell + 1, cell + 1000)], [False] * 3)
        gate.open()
        self.assertEqual(self.host.finish(number, self.session)["outcome"], "completed")
        self.assertFalse(self.ask())
        self.assert_alive()

    def test_one_that_is_ignored_ends_in_a_kill_and_is_told_so(self) -> None:  # rule: H11
        self.execute("kept = {1}")
        number = self.when_printed("import signal; signal.pthread_sigmask(signal.SIG_BLOCK, [2]); print('on')\nwhile True: pass")
        result = self.interrupt(number, 100)
        self.assertEqual((result["outcome"], result["cause"]["kind"], result["cause"]["killed"]), ("interrupted", "interrupt", True))
        self.assertEqual((result["state"]["source"], result["state"]["preserved"]), ("checkpoint", True))
        self.host.wait_for(lambda: self.host.events)
        self.assertEqual(self.host.events[-1]["params"]["generation"], 2)

    def test_a_kernel_that_ends_on_the_ladder_is_told_with_its_end(self) -> None:
        result = self.interrupt(self.when_printed("import os, time\ntry:\n  print('on'); time.sleep(60)\nfinally: os._exit(7)"))
        self.assertEqual((result["outcome"], result["cause"]["killed"]), ("interrupted", False))
        self.assertIn("exit status 7", result["cause"]["detail"])

    def test_one_before_the_kernel_is_ready_hits_the_cell_when_it_begins(self) -> None:  # rule: H13
        opening = self.host.request("session.open", {"name": "young"})
        young = self.session + 1
        number = self.host.start("print('ran')\nwhile True: pass", young)
        self.assertTrue(self.host.call("interrupt", session=young, cell=1, graceMs=40_000)["result"]["running"])
        result = self.host.finish(number, young)
        self.assertEqual((result["outcome"], result["cause"]["signals"]), ("interrupted", 1))
        self.assertEqual(self.host.answer(opening)["result"]["session"], young)
        self.assertEqual(self.host.execute("print('well')", young)["outcome"], "completed")
        self.host.call("session.close", session=young)

    def test_one_while_the_cell_is_being_compiled_hits_it_when_it_runs(self) -> None:  # rule: LIF-15
        source = "x = [" + "[1, 'a', (2, 3)], " * 20_000 + "]\nwhile True: pass"
        result = self.timed(source, 30)
        self.assertEqual((result["outcome"], result["cause"]["killed"], result["cause"]["signals"]), ("timed_out", False, 1))
        self.assert_alive()

    def test_an_idle_kernel_does_not_notice(self) -> None:  # rule: H13, W20
        self.execute("n = 1")
        for _ in range(count("interrupts while idle", 1000, 1000)):
            os.kill(self.pid, signal.SIGINT)
            self.assertFalse(self.ask())
        self.execute("print(n)")
        self.assertEqual(self.out(), "1\n")
        self.assert_alive()

    def test_programs_of_the_cell_begin_with_the_default_of_the_signal(self) -> None:
        self.execute(
            "import subprocess, sys\n"
            "code = 'import signal; print(signal.getsignal(2) is signal.default_int_handler, signal.pthread_sigmask(0, []))'\n"
            "print(subprocess.run([sys.executable, '-c', code], capture_output=True, text=True).stdout)"
        )
        self.assertEqual(self.out().strip(), "True set()")

    def test_what_an_earlier_cell_did_to_the_signal_is_undone(self) -> None:  # rule: H11
        for damage in (
            "signal.signal(2, lambda *_: None)",
            "signal.signal(2, signal.SIG_IGN)",
            "signal.signal(2, signal.SIG_DFL)",
            "signal.signal(2, signal.default_int_handler)",
            "signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 30))",
            "import _signal; _signal.signal = signal.signal = signal.pthread_sigmask = None",
            "import faulthandler; faulthandler.register(10); signal.set_wakeup_fd(-1)",
        ):
            with self.subTest(damage):
                self.execute(f"import signal; {damage}")
                self.assert_alive()

    # --- where the cell is ---

    def test_top_level_await_is_cancelled_where_it_waits(self) -> None:
        result = self.interrupt(
            self.when_printed("import asyncio\ntry: print('on'); await asyncio.sleep(60)\nfinally: print('finally')")
        )
        self.assertEqual((result["outcome"], self.out(), self.error()["type"]), ("interrupted", "on\nfinally\n", "KeyboardInterrupt"))
        self.assertEqual(self.error()["frames"][0]["line"], 2)
        self.execute("await asyncio.sleep(0); print('again')")
        self.assertEqual(self.out(), "again\n")

    def test_a_cancellation_that_is_caught_leaves_a_completed_cell(self) -> None:  # rule: LIF-16
        code = "import asyncio\ntry: print('on'); await asyncio.sleep(60)\nexcept (KeyboardInterrupt, asyncio.CancelledError): print('caught')"
        result = self.interrupt(self.when_printed(code))
        self.assertEqual((result["outcome"], self.out()), ("completed", "on\ncaught\n"))
        self.assert_alive()

    def test_a_cell_that_cancels_itself_was_not_interrupted(self) -> None:
        result = self.execute("import asyncio\nraise asyncio.CancelledError('mine')\nawait asyncio.sleep(0)")
        self.assertEqual((result["outcome"], self.error()["type"]), ("raised", "CancelledError"))

    def test_a_task_that_refuses_to_end_ends_with_the_kernel(self) -> None:
        self.execute("kept = 1")
        result = self.timed(
            "import asyncio\nasync def stubborn():\n  while True:\n    try: await asyncio.sleep(60)\n    except BaseException: pass\n"
            "task = asyncio.ensure_future(stubborn()); await asyncio.sleep(0)",
            grace=200,
        )
        self.assertEqual((result["outcome"], result["cause"]["killed"], result["state"]["source"]), ("timed_out", True, "checkpoint"))

    def test_a_print_loop_whose_host_does_not_read_is_interrupted(self) -> None:
        self.host.gives_credit = False
        try:
            number = self.host.start("while True: print(1)", self.session)
            key = (self.session, self.host.cell(self.session), 4)
            self.host.wait_for(lambda: len(self.host.output.get(key, b"")) == limits.OUTPUT_WINDOW)
            self.assertTrue(self.ask())
        finally:
            self.host.gives_credit = True
        for _ in range(100):  # slowly
            if number in self.host.replies:
                break
            self.host.send_bytes(encode_credit(self.session, 1, 50_000))
            self.host.call("status")
        result = self.host.finish(number, self.session)
        self.assertEqual((result["outcome"], result["cause"]["signals"]), ("interrupted", 1))
        self.assert_alive()

    def test_what_the_kernel_has_to_flush_after_the_code_is_not_the_code_s_time(self) -> None:  # rule: LIF-5, LIF-14
        self.execute("import ctypes, fcntl, os; c = ctypes.CDLL(None)")
        self.host.gives_credit = False
        fill = f"os.write(1, bytes({limits.OUTPUT_WINDOW})); os.write(1, bytes(fcntl.fcntl(1, 1032)))\n"  # F_GETPIPE_SZ
        number = self.host.start(fill + "c.printf(b'%s', b'x' * 4000)", self.session, timeoutMs=1000, graceMs=100)
        key = (self.session, self.host.cell(self.session), 4)
        self.host.wait_for(lambda: len(self.host.output.get(key, b"")) == limits.OUTPUT_WINDOW)
        self.host.execute("import time; time.sleep(1.3)", self.host.open("beside"))
        self.assertNotIn(number, self.host.replies)  # it waits for a host that does not read
        self.assertFalse(self.ask())
        self.host.gives_credit = True
        self.host.send_bytes(encode_credit(self.session, 1, limits.OUTPUT_WINDOW))
        result = self.host.finish(number, self.session)
        self.assertEqual((result["outcome"], result["state"]["source"]), ("completed", "live"))
        self.assertLess(result["elapsedNanos"], 1_000_000_000)
        self.assertTrue(self.host.text(self.session).endswith("x" * 4000))

    def test_a_wait_for_a_tool_ends_at_once_and_the_late_answer_is_dropped(self) -> None:  # rule: H14
        host = self.host
        host.call("tools.register", session=self.session, tools=[{"name": name, "parameters": None} for name in ("wait", "add")])
        host.tools["add"] = lambda a, b: a + b
        for code in ("wait.sync()", "await wait()", "import asyncio; await asyncio.gather(wait(), wait())"):
            with self.subTest(code):
                calls: list[Any] = []
                host.unanswered = calls
                host.tools["wait"] = lambda: Host.LATER
                number = host.start(code, self.session)
                host.wait_for(lambda: calls)
                result = self.interrupt(number)
                self.assertEqual((result["outcome"], result["cause"]["signals"]), ("interrupted", 1))
                cancelled = [event["params"]["id"] for event in host.events if event["method"] == "tool.cancel"]
                self.assertEqual(sorted(cancelled), sorted(json.loads(call.envelope)["id"] for call in calls))
                for call in calls:
                    host.answer_call(call, "late")
                host.events.clear()
                self.execute("print(add.sync(1, 2), await add(3, 4))")
                self.assertEqual(self.out(), "3 7\n")
        self.assert_alive()

    def test_an_interrupt_while_arguments_are_encoded_waits_until_the_call_is_whole(self) -> None:
        host = self.host
        host.call("tools.register", session=self.session, tools=[{"name": "take", "parameters": None}])
        host.tools["take"] = lambda value: len(value)
        self.execute("n, big = 0, [[number, str(number), {number: 1.5}] for number in range(3_000)]")
        for delay in range(0, count("interrupts within encoding", 12, 200)):
            number = self.when_printed("print('on', n)\nwhile True: take.sync(big); n += 1")
            time.sleep(delay / 500)
            result = self.interrupt(number)
            self.assertEqual((result["outcome"], result["cause"]["killed"]), ("interrupted", False))
            self.execute("print(take.sync([1, 2]))")
            self.assertEqual(self.out(), "2\n")
        self.execute("class Slow:\n  def __repr__(self):\n    while True: pass")
        self.assertEqual(self.timed("take.sync([Slow()])", 50)["cause"]["killed"], False)
        self.assert_alive()

    def test_a_child_that_the_cell_forked_is_an_ordinary_program(self) -> None:
        self.execute(
            "import os, signal, time\n"
            "r, w = os.pipe()\n"
            "pid = os.fork()\n"
            "if pid == 0:\n"
            "  try:\n"
            # Not one long sleep: a signal between the write and its begin is not looked at before its end.
            "    os.write(w, b'1')\n"
            "    while True: time.sleep(0.05)\n"
            "  except KeyboardInterrupt: os._exit(5)\n"
            "os.read(r, 1); os.kill(pid, 2); print(os.waitpid(pid, 0)[1] >> 8); os.close(r); os.close(w)"
        )
        self.assertEqual(self.out(), "5\n")


class BoundaryTest(unittest.TestCase):
    """Signals where a cell ends and the next one begins."""

    def test_an_interrupt_at_any_moment_around_the_end_loses_no_state_and_tells_the_truth(self) -> None:  # rule: H13, LIF-16, W20
        runs = count("interrupts around completion", 100, 1000)
        found = {"completed": 0, "interrupted": 0}
        with Host() as host:
            session = host.open()
            pid = host.kernel(session)
            host.execute("import time; begun = ended = 0; said = None")
            for run in range(runs):
                number = host.start("begun += 1\ntime.sleep(0.004)\nended += 1; said = begun")
                host.flush()
                time.sleep(run % 100 / 100 * 0.010)
                running = host.call("interrupt", session=session, cell=host.cell(), graceMs=40_000)["result"]["running"]
                result = host.finish(number)
                found[result["outcome"]] += 1
                report = host.reports.get(host.cell(), {}).get("error")
                if not running:
                    self.assertEqual(result["outcome"], "completed")
                if result["outcome"] == "completed":
                    self.assertEqual((report, "cause" in result), (None, False))
                    host.execute("print(said == begun)")
                    self.assertEqual(host.text(), "True\n")
                else:
                    self.assertEqual((report or {}).get("type"), "KeyboardInterrupt")
                self.assertEqual(result["state"]["source"], "live")
            host.execute("print(begun, ended)")
            begun, ended = map(int, host.text().split())
            self.assertLessEqual(found["completed"], ended)
            self.assertLessEqual(begun, runs)
            self.assertGreaterEqual(begun, ended)
            self.assertEqual(host.kernel(session), pid)
        tell(f"around completion: {found}, begun {begun}, ended {ended}")

    def test_a_deadline_at_the_moment_of_the_end_tells_the_truth(self) -> None:  # rule: LIF-16, W20
        runs = count("deadlines around completion", 100, 1000)
        found = {"completed": 0, "timed_out": 0}
        with Host() as host:
            session = host.open()
            host.execute("import time; n = 0")
            last = 0
            for run in range(runs):
                result = host.execute(f"n += 1\ntime.sleep({0.004 + run % 20 / 10_000})\nn", value=True, timeoutMs=5, graceMs=40_000)
                found[result["outcome"]] += 1
                report = host.reports.get(host.cell(), {})
                if result["outcome"] == "completed":
                    self.assertGreater(report["value"]["data"], last)  # one that timed out may not have come to its first line
                    last = report["value"]["data"]
                    self.assertNotIn("cause", result)
                else:
                    self.assertEqual(len({"value", "error"} & set(report)), 1)
                self.assertEqual(result["state"]["source"], "live")
            host.execute("print(n)")
            self.assertIn(int(host.text()), range(last, runs + 1))
        tell(f"deadlines around completion: {found}")

    def test_a_storm_of_signals_loses_no_cell_and_no_kernel(self) -> None:  # rule: H13
        cells = count("tiny cells in a storm of signals", 1500, 20_000)
        found = {"completed": 0, "raised": 0}
        with Host() as host:
            session = host.open(checkpoint="never")
            pid = host.kernel(session)
            storm = subprocess.Popen([sys.executable, "-c", STORM, str(pid)], stdout=subprocess.PIPE)
            try:
                for cell in range(1, cells + 1):
                    result = host.execute("pass" if cell % 2 else "for _ in range(5000): pass")
                    found[result["outcome"]] += 1
                    error = host.reports.pop(cell, {}).get("error")
                    self.assertEqual((error or {}).get("type"), None if result["outcome"] == "completed" else "KeyboardInterrupt")
            finally:
                storm.kill()
                storm.communicate()
            self.assertEqual(len([1 for what, _ in host.order if what == "reply"]) - 2, cells)
            self.assertEqual(host.kernel(session), pid)
            host.execute("print('calm')")
            self.assertEqual(host.text(), "calm\n")
        self.assertGreater(found["raised"], 0)
        tell(f"in a storm of signals: {found}")

    def test_a_signal_for_one_cell_hits_no_other(self) -> None:  # rule: H13, LIF-15
        cells = count("cells while others are interrupted", 1500, 20_000)
        shared = page.Page(page.create())
        with KernelHost(page=shared) as kernel:
            kernel.register({"name": "tick", "parameters": None})

            def interrupt(call: Said) -> None:
                # The cell waits here, so the signal comes within it, whomever it is for.
                cell = call.message.cell
                shared.ask({0: cell, 1: cell - 1, 2: cell + 10**6, 3: 0, 4: 2**64 - 1}[cell % 5])
                os.kill(kernel.pid, signal.SIGINT)
                kernel.answer(call, cell)

            kernel.on_call = interrupt
            for cell in range(1, cells + 1):
                done = kernel.execute("tick.sync()")
                hit = cell % 5 == 0
                self.assertEqual(done.outcome, "raised" if hit else "completed", (cell, done.error))
                self.assertEqual(done.returned["interrupted"], hit)
                self.assertEqual(len(kernel.calls("done")), 1)

    def test_one_for_the_next_cell_hits_that_one_when_it_begins_and_no_other(self) -> None:  # rule: H13
        shared = page.Page(page.create())
        with KernelHost(page=shared) as kernel:
            for cell in range(1, count("cells interrupted before they began", 100, 1000), 2):
                shared.ask(cell + 1)
                os.kill(kernel.pid, signal.SIGINT)
                self.assertEqual(kernel.execute("x = 1").outcome, "completed")
                done = kernel.execute("x = 2")
                self.assertEqual((done.outcome, (done.error or {})["type"]), ("raised", "KeyboardInterrupt"))
            self.assertEqual(kernel.execute("print(x)").out, "1\n")


STORM = """
import os, random, sys, time
pid = int(sys.argv[1])
while True:
    os.kill(pid, 2)
    time.sleep(random.random() * 0.0004)
"""


if __name__ == "__main__":
    unittest.main()
