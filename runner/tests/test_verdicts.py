"""What a kernel is doing, in one line: from facts as text, and from real kernels in every such state."""

from __future__ import annotations

import itertools
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from typing import Any
from unittest import mock

from _runner import evidence, inquiry, limits, linux, procfacts
from _runner.loop import Loop
from _runner.verdicts import Facts, main_thread, printable, verdict
from tests.support.kernels import PATIENCE, KernelHost
from tests.support.processes import until

WORDS = (
    "running", "gil", "stopped", "lock", "output", "tool", "kernel-io", "zombie", "sleeping", "idle", "gone",
)  # fmt: skip
HEAD = "Current thread 0x00007f4a61fe6b80 (most recent call first):\n"
OTHER = "Thread 0x00007f4a616e66c0 (most recent call first):\n  File \"/x/other.py\", line 9 in run\n\n"


def stack(*frames: str, head: str = HEAD) -> str:
    return head + "".join(f"  File {frame}\n" for frame in frames)


LOOP = stack('"<cell 3>", line 2 in f', '"<cell 3>", line 5 in <module>', '"/p/_runner/cells.py", line 9 in run')
LATER = stack('"<cell 3>", line 3 in f', '"<cell 3>", line 5 in <module>', '"/p/_runner/cells.py", line 9 in run')
STUB = stack(
    '"/p/_runner/wire.py", line 104 in wait_readable', '"/p/_runner/ports.py", line 90 in pump',
    '"/p/_runner/calls.py", line 70 in call_blocking', '"/p/_runner/tools.py", line 70 in call',
    '"<cell 3>", line 1 in <module>',
)  # fmt: skip
LIBRARY = stack('"/usr/lib/python3/threading.py", line 320 in wait', '"<cell 3>", line 4 in <module>')
SERVING = stack('"/p/_runner/wire.py", line 60 in receive', '"/p/_runner/kernel.py", line 138 in serve')
IN_CELL = stack('"/p/_runner/wire.py", line 60 in receive', '"<cell 3>", line 1 in <module>')
SENDING = stack('"/p/_runner/wire.py", line 50 in send', '"<cell 3>", line 1 in <module>')
WRITING = stack('"/p/_runner/capture.py", line 46 in write_all', '"<cell 3>", line 1 in <module>')


def facts(process: str, **more: Any) -> Facts:
    return Facts(process, 1, "", "", (5, 5))._replace(**more)


class RulesTest(unittest.TestCase):  # rule: H36
    def check(self, found: Facts, stacks: tuple, expected: str, *, tool: bool = False) -> None:
        before, after = stacks
        said = verdict(found, before, after, tool)
        self.assertIn(said.partition(":")[0], WORDS)
        self.assertTrue(said.startswith(expected.partition("|")[0] + ":"), said)
        self.assertIn(expected.partition("|")[2], said)

    def test_the_letters_that_say_all(self) -> None:
        both = (LOOP, LATER)
        for letter, word in (("T", "stopped"), ("t", "stopped"), ("Z", "zombie"), ("X", "zombie"), ("", "gone")):
            self.check(facts(letter), both, word, tool=True)
        self.check(facts("D", wchan="folio_wait_bit"), (LOOP, LOOP), "kernel-io|folio_wait_bit")

    def test_work_that_gets_on_is_told_from_work_that_stays(self) -> None:
        busy = facts("R", cpu_ticks=(5, 25))
        self.check(busy, (LOOP, LATER), "running|<cell 3>, line 2 in f, then at <cell 3>, line 3 in f")
        self.check(busy, (LOOP, LOOP), "gil|at <cell 3>, line 2 in f")
        self.check(facts("S", cpu_ticks=(5, 25)), (LOOP, LATER), "running")
        self.check(facts("S"), (LOOP, LATER), "running|waits and gets on")
        self.check(busy, ("", ""), "running|could not be had")
        self.check(busy, ("", LOOP), "running|line 2")
        self.check(busy._replace(process="S", threads=3), (LOOP, LOOP), "running|another of its 3 threads")

    def test_waits(self) -> None:
        for wchan, syscall, stacks, expected in (
            ("futex_do_wait", "futex", LOOP, "lock|<cell 3>, line 2 in f"),
            ("futex_wait_queue_me", "", LOOP, "lock"),
            ("", "futex", "", "lock"),
            ("", "", LIBRARY, "lock|python3/threading.py, line 320 in wait, from <cell 3>, line 4"),
            ("anon_pipe_write", "write(1)", WRITING, "output|<cell 3>, line 1"),
            ("", "", WRITING, "output"),
            ("pipe_write", "write(2)", LOOP, "output"),
            ("pipe_write", "", "", "output"),
            ("pipe_write", "write(7)", LOOP, "sleeping|another process reads"),
            ("poll_schedule_timeout.constprop.0", "poll", STUB, "tool|<cell 3>, line 1"),
            ("", "", STUB, "tool"),
            ("unix_stream_data_wait", "recvfrom(100)", SERVING, "idle"),
            ("", "", SERVING, "idle"),
            ("", "", IN_CELL, "sleeping"),
            ("sock_alloc_send_pskb", "sendto(100)", SENDING, "output|<cell 3>, line 1"),
            ("hrtimer_nanosleep", "clock_nanosleep", LOOP, "sleeping|for a time"),
            ("do_wait", "wait4", LIBRARY, "sleeping|another process to end"),
            ("anon_pipe_read", "read(5)", LOOP, "sleeping|something to read"),
            ("ep_poll", "epoll_wait(9)", LIBRARY, "sleeping|descriptor"),
            ("wait_woken", "recvfrom(9)", LOOP, "sleeping|network"),
            ("", "", LOOP, "sleeping|<cell 3>, line 2"),
            ("", "", "", "sleeping"),
        ):
            with self.subTest((wchan, syscall, expected)):
                found = facts("S", wchan=wchan, syscall=syscall)
                self.check(found, (stacks, stacks), expected)

    def test_a_loop_that_waits_for_a_tool_is_told_by_the_open_call(self) -> None:
        waits = facts("S", wchan="ep_poll", syscall="epoll_wait(9)")
        self.check(waits, (LIBRARY, LIBRARY), "tool", tool=True)
        self.check(waits, ("", ""), "tool", tool=True)
        self.check(facts("S", syscall="clock_nanosleep"), (LOOP, LOOP), "sleeping", tool=True)

    def test_the_main_threads_last_stack_counts(self) -> None:
        asked = stack('"/p/_runner/evidence.py", line 60 in _answer', '"<cell 9>", line 1 in g')
        self.assertEqual([str(frame) for frame in main_thread(OTHER + asked)], ["<cell 9>, line 1 in g"])
        made = stack('"<cell 9>", line 1 in g', head="Stack (most recent call first):\n")
        self.assertEqual([str(frame) for frame in main_thread(made)], ["<cell 9>, line 1 in g"])
        self.assertEqual([str(frame) for frame in main_thread(LATER + OTHER + LOOP)][0], "<cell 3>, line 2 in f")
        self.assertEqual(str(main_thread(OTHER + LOOP + "\n" + OTHER)[0]), "<cell 3>, line 2 in f")
        unnamed = stack('"<cell 9>", line 1 in g', head="Thread 0x0001 [main] (most recent call first):\n")
        self.assertEqual(str(main_thread(OTHER + unnamed)[0]), "<cell 9>, line 1 in g")
        for odd in ("", "Stack (most recent call first):", HEAD, "  File \"a\", line 1 in b", "\0" * 99):
            self.assertEqual(main_thread(odd), [])

    def test_what_the_guest_writes_is_bounded_and_escaped(self) -> None:
        evil = stack('"<cell 3>\x1b[2J\u202e", line 2 in ' + "f\r" * 100_000, '"é", line 1 in \0')
        said = verdict(facts("R", cpu_ticks=(1, 9)), evil, evil, False)
        self.assertTrue(said.isascii() and said.isprintable(), said)
        self.assertLess(len(said), limits.VERDICT + 100)
        frames = stack(*['"<cell 1>", line 1 in f'] * 100_000)
        begun = time.monotonic()
        for text in (frames, '  File "' * 100_000, HEAD * 50_000, "Thread 0x" * 100_000, '  File "a", line ' * 50_000):
            verdict(facts("S"), text, HEAD + text, True)
        self.assertLess(time.monotonic() - begun, 5)  # fifty times what it takes
        self.assertEqual(printable("a\tb\né\x7f\ud800", 99), "a\\tb\n\\xe9\\x7f\\ud800")
        cut = printable("x" * 100 + "end", 10)
        self.assertTrue(cut.endswith("xxxend") and cut.startswith("... 93 characters"), cut)

    def test_the_systems_words_are_read(self) -> None:
        self.assertEqual(procfacts.wchan_of(b"0"), "")
        self.assertEqual(procfacts.wchan_of(b"pipe_read"), "pipe_read")
        self.assertEqual(procfacts.syscall_of(b"running\n"), "")
        self.assertEqual(procfacts.syscall_of(b""), "")
        self.assertEqual(procfacts.syscall_of(b"-1 0x7ffd 0x7f\n"), "")
        self.assertEqual(procfacts.syscall_of(b"9999 0x1 0x2"), "9999")


ARMED_ANEW = """
import faulthandler, os, signal, sys
sys.path.insert(0, sys.argv[1])
from _runner import evidence
mine = evidence.arm("kernel-3")
if sys.argv[2] in ("closed", "another's"):
    os.close(mine)
if sys.argv[2] == "another's":
    os.dup2(os.open(sys.argv[3], os.O_CREAT | os.O_WRONLY), mine)
evidence.disarm()
requests = (evidence.INSIST, evidence.ASK)
def ask():
    for request in requests:
        os.kill(os.getpid(), request)
if sys.argv[2] == "unblocked":
    signal.pthread_sigmask(signal.SIG_UNBLOCK, requests)
    ask()
unregister = faulthandler.unregister
def asked_meanwhile(number):
    unregister(number)
    ask()
faulthandler.unregister = asked_meanwhile
evidence.arm("kernel-3")
if sys.argv[2] == "another's":
    os.write(mine, b"still there")
held = [os.readlink(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd") if fd != "0" and os.path.exists(f"/proc/self/fd/{fd}")]
assert sum("stacks-" in name for name in held) == 1 and os.devnull not in held, held
"""


class ArmedAnewTest(unittest.TestCase):  # rule: H36
    def test_a_request_that_comes_meanwhile_is_answered_and_ends_nobody(self) -> None:
        # The last two are what code of a cell may have done to the descriptor.
        for what in ("copy", "unblocked", "closed", "another's"):
            with self.subTest(what):
                self.check(what)

    def check(self, what: str) -> None:
        source = str(pathlib.Path(evidence.__file__).parents[1])
        with tempfile.TemporaryDirectory() as directory:
            another = pathlib.Path(directory, "another")
            run = subprocess.run(
                [sys.executable, "-I", "-S", "-c", ARMED_ANEW, source, what, str(another)],
                stdin=subprocess.DEVNULL,
                env={"PYVISOR_DIR": directory},
                timeout=PATIENCE,
                check=False,
            )
            self.assertEqual(run.returncode, 0)
            stacks = pathlib.Path(directory, "stacks-kernel-3.txt").read_text(encoding="ascii")
            if another.exists():
                self.assertEqual(another.read_bytes(), b"still there")
        self.assertEqual(stacks.count("most recent call first"), 2)


class RealKernelsTest(unittest.TestCase):  # rule: H36
    def setUp(self) -> None:
        made = tempfile.TemporaryDirectory()
        self.addCleanup(made.cleanup)
        self.directory = made.name
        self.loop = Loop()

    def kernel(self) -> KernelHost:
        def before() -> None:
            os.environ["PYVISOR_DIR"] = self.directory

        host = KernelHost(before=before)
        host.__enter__()
        self.addCleanup(host.__exit__)
        return host

    def said(self) -> str:
        return pathlib.Path(self.directory, "stacks-kernel-3.txt").read_text(encoding="ascii", errors="replace")

    def stacks(self, host: KernelHost, doomed: bool = False) -> str:
        """A new dump, where one comes: asked for, and insisted on, as an inquiry does it."""
        size = len(self.said())
        asked = inquiry.Asked(host.pid, doomed=doomed)
        if not self.comes(size, asked.patience) and asked.insist():
            self.comes(size, 0.2)
        return self.said()[size:]

    def comes(self, size: int, patience: float) -> bool:
        end = time.monotonic() + patience
        while time.monotonic() < end:
            text = self.said()[size:]
            own = max(text.find("Current thread 0x"), text.find("Stack ("))  # the last of them
            if own >= 0 and text.count("\n", own) > 2 and text.endswith("\n"):
                return True
        return False

    def becomes(self, host: KernelHost, word: str, *named: str, tool: bool = False) -> None:
        """The verdict begins with the word and names all that, as soon as the kernel is in that state."""
        end, told = time.monotonic() + PATIENCE, {"verdict": ""}
        while time.monotonic() < end:
            told = self.told(host, tool)
            said = told["verdict"]
            if said.startswith(word + ":") and all(part in said for part in named):
                return
        self.fail(f"{told} is not {word}: {named}; {host.heard()}")

    def told(self, host: KernelHost, waits_for_tool: bool = False) -> dict[str, Any]:
        """What an inquiry of the supervisor's comes to."""
        loop, told = self.loop, []
        with mock.patch.dict(os.environ, PYVISOR_DIR=self.directory):
            looks = inquiry.Inquiry(loop, host.pid, "kernel-3", waits_for_tool, told.append, doomed=False)
        looks.start()
        while not told:
            loop.turn()
        return told[0]

    def test_work(self) -> None:
        for code, word, line in (
            ("\nwhile True:\n    a = 1\n    b = [a] * 100\n    c = sorted(b)", "running", ", then at <cell 1>"),
            ("\n1\nwhile True: pass", "gil", "<cell 1>, line 2"),
            ("1\n\nsum(range(10**11))", "gil", "<cell 1>, line 3"),
            ("import re; re.match('(a+)+b', 'a' * 50)", "gil", "<cell 1>, line 1"),
            (
                "import threading\ndef work():\n    while True: pass\n"
                "t = threading.Thread(target=work); t.start(); t.join()",
                "running",
                "another of its 2 threads",
            ),
        ):
            with self.subTest(code):
                host = self.kernel()
                host.start(code)
                self.becomes(host, word, line)

    def test_waits(self) -> None:
        for code, word, line in (
            ("import threading; l = threading.Lock(); l.acquire()\nl.acquire()", "lock", "<cell 1>, line 2"),
            ("import time\ntime.sleep(1000)", "sleeping", "<cell 1>, line 2"),
            ("import os; r, w = os.pipe()\nwhile True: os.write(w, b'x')", "sleeping", "<cell 1>, line 2"),
            # It ends with the kernel, which has the pipe's other end.
            ("import os, subprocess\nsubprocess.run(['cat'], stdin=os.pipe()[0])", "sleeping", "<cell 1>, line 2"),
            ("import asyncio\nawait asyncio.sleep(1000)", "sleeping", ""),
            ("print('x' * 10**7)", "output", "<cell 1>, line 1"),
            ("import os\nwhile True: os.write(1, b'x')", "output", "<cell 1>, line 2"),
            ("import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)", "stopped", "SIGCONT"),
        ):
            with self.subTest(code):
                host = self.kernel()
                host.start(code)
                self.becomes(host, word, line)

    def test_a_lock_is_told_also_where_all_signals_are_blocked(self) -> None:
        host = self.kernel()
        host.start(
            "import signal, threading; signal.pthread_sigmask(signal.SIG_SETMASK, range(1, 65))\n"
            "l = threading.Lock(); l.acquire(); l.acquire()"
        )
        self.becomes(host, "lock")

    def test_no_number_of_questions_ends_a_cell_whose_threads_work(self) -> None:
        # Asked by C code alone, one such cell in ten to seventy dies of a question, on every Python.
        host = self.kernel()
        host.start(
            "import threading, time\n"
            "class Made:\n    def __init__(self): self.x = 1\n"
            "def calls(n):\n    return calls(n - 1) if n else [x for x in (y for y in (1, 2))]\n"
            "def work():\n"
            "    while True: calls(20); sorted([3, 2, 1], key=lambda x: -x); [Made() for _ in range(5)]\n"
            "for n in range(3): threading.Thread(target=work, daemon=True).start()\n"
            "time.sleep(1000)"
        )
        self.becomes(host, "running", "another of its 4 threads")
        threads_told = set()
        for _ in range(150):
            threads_told.add(self.stacks(host).count("hread 0x"))
            self.assertNotIn(procfacts.read(host.pid).process, ("", "Z", "X"))
        self.assertIn(4, threads_told)

    def test_who_took_no_question_is_made_to_answer_only_if_it_is_doomed(self) -> None:
        host = self.kernel()
        host.start(f"import signal; signal.signal({evidence.ASK}, signal.SIG_IGN)\nwhile True: pass")
        self.becomes(host, "running", "could not be had")
        end, said = time.monotonic() + PATIENCE, ""
        while "<cell 1>, line 2" not in said and time.monotonic() < end:
            said = verdict(procfacts.read(host.pid), "", self.stacks(host, doomed=True), False)
        self.assertIn("<cell 1>, line 2", said)

    def test_one_that_waits_for_its_turn_is_not_taken_for_one_in_c_code(self) -> None:
        host = self.kernel()
        host.start(
            "import sys, threading, time\nsys.setswitchinterval(1000)\ndef work():\n    while True: pass\n"
            "threading.Thread(target=work, daemon=True).start()\ntime.sleep(0.001)"
        )
        self.becomes(host, "running", "another of its 2 threads")
        for _ in range(3):
            asked = inquiry.Asked(host.pid, doomed=False)
            self.assertFalse(self.comes(len(self.said()), asked.patience))
            until(lambda: not linux.is_pending(host.pid, evidence.ASK), PATIENCE)
            until(lambda: procfacts.main_thread(host.pid)[0] == "S", PATIENCE)
            self.assertFalse(asked.insist())
        self.assertIn("<cell 1>", self.stacks(host, doomed=True))

    def test_one_that_has_no_time_is_not_taken_for_one_in_c_code(self) -> None:
        host = self.kernel()
        for letter, millis, pending, is_in_c in (
            ("R", 12, False, True), ("R", 10, False, False), ("S", 0, False, True), ("D", 0, False, False),
            ("S", 0, True, False), ("R", 90, True, False), ("", 0, False, False),
        ):  # fmt: skip
            with self.subTest((letter, millis, pending)), mock.patch.multiple(
                inquiry.linux, send=lambda *_: None, is_pending=lambda *_, found=pending: found
            ), mock.patch.object(inquiry.procfacts, "main_thread", side_effect=itertools.chain([("R", 40)], itertools.repeat((letter, 40 + millis * 10**6)))):
                self.assertEqual(inquiry.Asked(host.pid, doomed=False).insist(), is_in_c)

    def test_work_since_the_first_question_counts_where_the_second_is_in_vain_too(self) -> None:
        host = self.kernel()
        host.start("1\nsum(range(10**11))")
        self.becomes(host, "gil", "<cell 1>, line 2")
        worked = itertools.count(0, 7 * 10**6)  # too little between two looks
        with mock.patch.object(inquiry.procfacts, "main_thread", side_effect=lambda pid: ("R", next(worked))):
            self.assertIn("<cell 1>, line 2", self.told(host)["verdict"])

    def test_one_that_answers_late_has_got_on_and_what_it_worked_till_then_proves_nothing(self) -> None:
        host, sent = self.kernel(), []
        host.start("while True: pass")
        worked = itertools.count(0, 7 * 10**6)
        with mock.patch.object(inquiry.procfacts, "main_thread", side_effect=lambda pid: ("R", next(worked))), mock.patch.object(
            inquiry._Stacks, "read", side_effect=["", LOOP, "", ""]
        ), mock.patch.object(inquiry.linux, "send", side_effect=lambda pid, number: sent.append(number)):
            self.told(host)
        self.assertEqual(sent, [evidence.ASK] * 2)

    def test_who_waits_in_a_call_for_no_lock_is_made_to_answer_beside_threads_that_work(self) -> None:
        host = self.kernel()
        host.start(
            f"import os, signal, threading; signal.siginterrupt({evidence.ASK}, False)\ndef work():\n    while True: pass\n"
            "threading.Thread(target=work, daemon=True).start()\nos.read(os.pipe()[0], 1)"
        )
        self.becomes(host, "running", "the main thread waits at <cell 1>, line 5")

    def test_where_no_nanoseconds_are_counted_ticks_are(self) -> None:
        for said in (b"", b"0 0 0\n"):
            with self.subTest(said):
                worked = procfacts.main_thread(os.getpid())[1]
                read = procfacts.read_proc
                with mock.patch.object(procfacts, "read_proc", side_effect=lambda path: said if path.endswith("schedstat") else read(path)):
                    ticks = procfacts.main_thread(os.getpid())[1]
                self.assertGreater(ticks, 0)
                self.assertLess(abs(ticks - worked), 10**9 + worked / 2)

    def test_a_stopped_kernel_has_not_taken_the_question(self) -> None:
        host = self.kernel()
        os.kill(host.pid, signal.SIGSTOP)
        self.becomes(host, "stopped")
        asked = inquiry.Asked(host.pid, doomed=False)
        self.assertTrue(linux.is_pending(host.pid, evidence.ASK))
        self.assertFalse(asked.insist())
        size = len(self.said())
        os.kill(host.pid, signal.SIGCONT)
        self.assertTrue(self.comes(size, PATIENCE))
        self.assertFalse(linux.is_pending(host.pid, evidence.ASK))

    def test_an_idle_kernel_and_one_that_waits_for_a_tool(self) -> None:
        host = self.kernel()
        self.becomes(host, "idle")
        host.register({"name": "slow", "parameters": []})
        host.start("1\nslow.sync()")
        self.becomes(host, "tool", "<cell 1>, line 2")
        self.becomes(host, "tool", "<cell 1>, line 2", tool=True)
        other = self.kernel()
        other.register({"name": "slow", "parameters": []})
        other.start("await slow()")
        other.wait_for(other.calls)
        self.becomes(other, "tool", tool=True)

    def test_the_ended(self) -> None:
        host = self.kernel()
        host.start("import time; time.sleep(1000)")
        os.kill(host.pid, signal.SIGKILL)
        os.waitid(os.P_PID, host.pid, os.WEXITED | os.WNOWAIT)
        self.assertTrue(verdict(procfacts.read(host.pid), "", "", False).startswith("zombie:"))
        os.waitpid(host.pid, 0)
        host.status = 0
        found = procfacts.read(host.pid, 7)
        self.assertTrue(verdict(found, "", "", False).startswith("gone:"))
        self.assertEqual(found.fields()["cpuTicks"], [7, 7])

    def test_facts_have_the_protocols_names(self) -> None:
        found = procfacts.read(os.getpid(), 0)
        self.assertEqual(list(found.fields()), ["process", "threads", "wchan", "syscall", "cpuTicks"])
        self.assertEqual((found.process, found.threads), ("R", 1))
        self.assertTrue(found.works)


if __name__ == "__main__":
    unittest.main()
