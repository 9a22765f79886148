"""What the code may use: read from the runner's environment, and held to by groups or by limits of each process."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import signal
import subprocess
import tempfile
import unittest
from typing import Any, Optional
from unittest import mock

from _runner import allowance, cputime, enforcer, groups, limits, linux
from _runner.allowance import Allowance, Unusable
from tests import SOURCES
from tests.support.groups import Group
from tests.support.host import PATIENCE, Host
from tests.support.tier import of_the_supervisor

setUpModule = of_the_supervisor

MIB = limits.MIB
NOBODY = 65_534
GREED = "hoard = []\nwhile True: hoard.append(bytearray(8 << 20))"


def host(text: str, *fds: int) -> Host:
    return Host(environment={limits.ALLOWANCE_VARIABLE: text}, pass_fds=fds)


def timer_fails(told: dict[str, Any]) -> None:
    """Start a process that is held to this and makes timers until it gets no more; they stay until it is gone."""
    full, fill = os.pipe()
    parent = os.getpid()
    if os.fork() == 0:
        try:
            linux.die_with_parent(parent)
            allowance.enter(told)
            while cputime.obstacle() is None:
                cputime._create(os.getpid())
            os.write(fill, b"1")
            signal.pause()
        finally:
            os._exit(0)
    os.close(fill)
    os.read(full, 1)


def _ended_child() -> int:
    """One that nobody has taken notice of yet."""
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    return pid


class ReadingTest(unittest.TestCase):
    def test_each_word_is_a_limit(self) -> None:
        text = "memory=1000/group processes=5/outside cpu-ms=1500 open-files=9 file-size=7 workspace=8 join=3 join=4 count=5"
        self.assertEqual(
            Allowance.parse(text), Allowance(1000, 1500, 5, 9, 7, 8, "group", "outside", (3, 4), 5)
        )
        self.assertEqual(Allowance.parse(""), allowance.NONE)

    def test_a_word_that_is_not_known_is_refused(self) -> None:  # it would be a limit that does not hold
        for word in ("memory", "memory=", "memory=0", "memory=-1", "memory=1/magic", "swap=1", "cpu-ms=1/group", "join=x"):
            with self.subTest(word), self.assertRaisesRegex(Unusable, "is no limit of this runner"):
                Allowance.parse(f"file-size=1 {word}")

    def test_the_host_is_told_what_is_held_to(self) -> None:
        with host("workspace=8000000 cpu-ms=1500") as runner:
            self.assertEqual(runner.hello["capabilities"][-2:], ["cpu-limit", "workspace-limit"])
        with host("") as runner:
            self.assertFalse([word for word in runner.hello["capabilities"] if word.endswith("-limit")])

    def test_the_variable_is_taken_away(self) -> None:
        environment = {limits.ALLOWANCE_VARIABLE: "memory=1000", "PATH": "/bin"}
        self.assertEqual(Allowance.taken(environment).memory, 1000)
        self.assertEqual(environment, {"PATH": "/bin"})

    def test_root_is_held_to_no_number_of_processes_without_a_group(self) -> None:
        text = {limits.ALLOWANCE_VARIABLE: "processes=5"}
        with mock.patch.object(allowance, "_is_root", lambda: True):
            with self.assertRaisesRegex(Unusable, r"limit of processes \(5\) needs a control group"):
                Allowance.taken(dict(text))
            Allowance.taken({limits.ALLOWANCE_VARIABLE: "processes=5/group"})
        with mock.patch.object(allowance, "_is_root", lambda: False):
            Allowance.taken(dict(text))

    def test_root_is_known_by_what_it_is_outside_of_its_namespace(self) -> None:
        for user, mapped, root in (
            (0, b"0 0 4294967295\n", True),
            (1000, b"0 0 4294967295\n", False),
            (1000, b"1000 0 1\n", True),  # as in bubblewrap that root has started
            (1000, b"1000 1001 1\n", False),
            (0, b"0 1000 1\n1 100000 65536\n", False),  # root in a container of a user
            (0, b"", True),
        ):
            with self.subTest(user=user, mapped=mapped), mock.patch("os.geteuid", lambda: user), mock.patch.object(
                linux, "read_proc", lambda path: mapped
            ):
                self.assertEqual(allowance._is_root(), root)

    @unittest.skipUnless(os.geteuid() == 0, "only root can become another user")
    def test_whom_the_system_counts_is_not_told_by_the_number_inside(self) -> None:
        self.assertTrue(allowance._is_root())
        self.assertEqual(self.counted("setpriv", "--reuid=61000", "--clear-groups"), "True\n")
        inside = ("unshare", "--user", "--map-user=1000", "--map-group=1000", "setpriv", "--bounding-set=-all", "--inh-caps=-all")
        if subprocess.run([*inside, "true"], capture_output=True).returncode:
            self.skipTest("this system makes no user namespaces")
        self.assertEqual(self.counted(*inside), "False\n")

    @unittest.skipUnless(os.geteuid() == 0, "only root can become another user")
    def test_code_that_uses_up_the_users_signals_leaves_some_for_the_timer_of_its_processor_time(self) -> None:
        for held, status in ((True, 0), (False, 1)):
            with self.subTest(held=held):
                pid = os.fork()
                if pid == 0:
                    try:
                        os.setuid(61001 + held)  # of whom nothing else is there
                        resource.setrlimit(resource.RLIMIT_SIGPENDING, (64, 64))
                        told = Allowance.parse("cpu-ms=1000").for_kernels()
                        timer_fails(told if held else {"join": [], "limits": {}})
                        os._exit(0 if cputime.obstacle() is None else 1)
                    finally:
                        os._exit(2)
                self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), status)

    def counted(self, *prefix: str) -> str:
        program = "import sys; sys.path.insert(0, sys.argv[1]); from _runner import allowance; print(not allowance._is_root())"
        with tempfile.TemporaryDirectory(dir="/tmp") as folder:  # where every user can look
            shutil.copytree(SOURCES, folder, dirs_exist_ok=True)
            os.chmod(folder, 0o755)
            python = shutil.which("python3", path="/usr/bin:/bin")  # one that every user can run
            if python is None:
                self.skipTest("this system has no Python of its own")
            command = [*prefix, python, "-B", "-c", program, folder]
            done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)
        return done.stdout

    def test_what_a_group_holds_is_no_limit_of_each_process(self) -> None:
        self.assertEqual(Allowance.parse("memory=1000/group").for_kernels(), {"join": [], "limits": {}, "memory": 1000})
        self.assertEqual(Allowance.parse("memory=1000").for_kernels()["limits"], {"RLIMIT_AS": 1000})

    def test_the_users_own_threads_are_not_the_kernels(self) -> None:
        with mock.patch.object(allowance, "_tasks_of_this_user", lambda: 40):
            self.assertEqual(Allowance.parse("processes=5").for_kernels()["limits"], {"RLIMIT_NPROC": 45})
        self.assertGreater(allowance._tasks_of_this_user(), 0)

    def test_a_limit_is_never_raised(self) -> None:
        seen: list[Any] = []
        with mock.patch.object(resource, "getrlimit", lambda kind: (10, 20)), mock.patch.object(
            resource, "setrlimit", lambda kind, pair: seen.append(pair)
        ):
            allowance.enter({"join": [], "limits": {"RLIMIT_FSIZE": 30}})
            allowance.enter({"join": [], "limits": {"RLIMIT_FSIZE": 15}})
        self.assertEqual(seen, [(20, 20), (15, 15)])


class MemoryTest(unittest.TestCase):
    def test_the_kernel_alone_goes_and_the_next_cell_works(self) -> None:  # rule: H20
        most = 128 * MIB
        with Group("memory", memory__limit_in_bytes=most) as group:
            join, count = group.file("cgroup.procs"), group.file("memory.oom_control")
            with host(f"memory={most}/group join={join} count={count}", join, count) as runner:
                runner.open()
                runner.execute("kept = 41")
                self.assertNotIn(runner.hello["pid"], group.members())
                self.assertTrue(group.members())
                result = runner.execute(GREED)
                self.assertEqual((result["outcome"], result["cause"]["kind"]), ("crashed", "out_of_memory"))
                self.assertEqual((result["cause"]["limitBytes"], result["cause"]["oomKills"]), (most, 1))
                self.assertRegex(result["cause"]["detail"], r"may use 128 MiB.*oom_kill 1")
                self.assertEqual(result["state"]["source"], "checkpoint")
                runner.execute("print(kept)")
                self.assertEqual(runner.text(), "41\n")

    def test_the_group_goes_with_the_runner(self) -> None:  # whose host may have been killed
        with Group("memory", memory__limit_in_bytes=256 * MIB) as group:
            join = group.file("cgroup.procs")
            with host(f"memory={256 * MIB}/group join={join}", join) as runner:
                runner.open()
                runner.execute("import subprocess; subprocess.Popen(['setsid', 'sleep', '60'])")
                self.assertGreater(len(group.members()), 1)
            self.assertFalse(group.path.exists())

    def test_a_kill_by_itself_is_none_for_memory(self) -> None:  # rule: H20
        with Group("memory", memory__limit_in_bytes=256 * MIB) as group:
            join, count = group.file("cgroup.procs"), group.file("memory.oom_control")
            with host(f"memory={256 * MIB}/group join={join} count={count}", join, count) as runner:
                runner.open()
                result = runner.execute("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
                self.assertEqual(result["cause"]["kind"], "signal")

    def test_without_a_group_it_is_an_error_of_the_cell(self) -> None:  # rule: H20
        with host(f"memory={1024 * MIB}") as runner:
            runner.open()
            self.assertEqual(runner.execute("huge = bytearray(3 << 30)")["outcome"], "raised")
            self.assertEqual(runner.reports[runner.cell()]["error"]["type"], "MemoryError")
            self.assertEqual(runner.execute("print(1)")["outcome"], "completed")

    def test_a_copy_is_made_only_of_what_is_small_beside_the_limit(self) -> None:  # rule: H39
        with Group("memory", memory__limit_in_bytes=200 * MIB) as group:
            join = group.file("cgroup.procs")
            with host(f"memory={200 * MIB}/group join={join}", join) as runner:
                runner.open()
                runner.execute("load = bytearray(80 << 20)")
                state = runner.execute("import os; os._exit(3)")["state"]
                self.assertNotEqual(state["source"], "checkpoint")
                self.assertIn("memory", state["reason"])


SPIN = "while True: pass"


class CpuTest(unittest.TestCase):
    def test_a_cell_that_has_used_up_its_time_ends_as_at_a_deadline(self) -> None:
        with host("cpu-ms=300") as runner:
            runner.open()
            runner.execute("kept = 41")
            result = runner.execute(SPIN)
            self.assertEqual(result["outcome"], "timed_out")
            self.assertEqual((result["cause"]["kind"], result["cause"]["limitMs"]), ("cpu_limit", 300))
            self.assertFalse(result["cause"]["killed"])
            self.assertGreaterEqual(result["cpuNanos"], 300_000_000)
            runner.execute("print(kept)")
            self.assertEqual(runner.text(), "41\n")

    def test_time_that_is_waited_is_not_used_and_each_cell_has_its_own(self) -> None:
        with host("cpu-ms=400") as runner:
            runner.open()
            self.assertEqual(runner.execute("import time; time.sleep(0.6)")["outcome"], "completed")
            burn = "end = time.process_time() + 0.25\nwhile time.process_time() < end: pass"
            for _ in range(3):
                self.assertEqual(runner.execute(burn)["outcome"], "completed")

    def test_what_the_code_does_to_signals_and_limits_does_not_help_it(self) -> None:
        with host("cpu-ms=200") as runner:
            runner.open()
            runner.execute("kept = 41")
            code = "import resource, signal\nfor n in (signal.SIGXCPU, signal.SIGINT): signal.signal(n, signal.SIG_IGN)\n"
            result = runner.execute(code + "resource.setrlimit(resource.RLIMIT_CPU, (-1, -1))\n" + SPIN, graceMs=400)
            self.assertEqual((result["outcome"], result["cause"]["kind"]), ("timed_out", "cpu_limit"))
            self.assertTrue(result["cause"]["killed"])
            self.assertEqual(result["state"]["source"], "checkpoint")
            self.assertEqual(runner.execute(SPIN)["cause"]["kind"], "cpu_limit")  # the next kernel is held to it, too

    def test_each_session_has_its_own(self) -> None:
        with host("cpu-ms=200") as runner:
            first, second = runner.open("one"), runner.open("two")
            for session in (first, second, first):
                self.assertEqual(runner.execute(SPIN, session=session)["cause"]["kind"], "cpu_limit")

    def test_a_cell_that_could_not_be_held_to_it_is_refused_and_not_run(self) -> None:
        with host("cpu-ms=200") as runner:
            runner.open()
            runner.execute("open('first', 'w').close()")  # this kernel has its timer
            runner.open("other")
            kept = resource.prlimit(runner.process.pid, resource.RLIMIT_SIGPENDING)
            resource.prlimit(runner.process.pid, resource.RLIMIT_SIGPENDING, (0, kept[1]))
            refused = runner.answer(runner.start("print('run')", session=2))["error"]
            self.assertEqual((refused["code"], refused["data"]["limit"], refused["data"]["max"]), (-32006, "cpu-limit", 200))
            self.assertIn("cpu-limit cannot be held to (200 ms): [Errno 11] timer_create", refused["message"])
            self.assertEqual(runner.execute(SPIN)["cause"]["kind"], "cpu_limit")  # one that has its timer goes on with it
            resource.prlimit(runner.process.pid, resource.RLIMIT_SIGPENDING, kept)
            self.assertEqual(runner.execute("print('later')", session=2)["outcome"], "completed")
            self.assertEqual(runner.text(2), "later\n")
            self.assertEqual(runner.execute(SPIN, session=2)["cause"]["kind"], "cpu_limit")

    def test_a_kernel_that_comes_for_a_cell_that_waits_and_cannot_be_held_to_it_is_ended(self) -> None:
        kernel = mock.Mock(pid=os.getpid(), ready=True)
        house = mock.Mock(kernel_for_cells=kernel)
        held = enforcer.Enforcer(mock.Mock(on_alarm=[]), house, mock.Mock(), 5)
        self.addCleanup(signal.signal, signal.SIGXCPU, signal.SIG_DFL)
        self.addCleanup(held.close)
        held.kernel_begins()
        kernel.condemn.assert_not_called()
        held.close()
        with mock.patch.object(cputime, "_create", mock.Mock(side_effect=OSError(errno.EAGAIN, "timer_create: full"))):
            held.kernel_begins()
            self.assertRegex(kernel.condemn.call_args[0][0], r"^cpu-limit cannot be held to \(5 ms\): .*timer_create: full")
            kernel.condemn.reset_mock()
            kernel.pid = _ended_child()
            held.kernel_begins()  # it has ended, which is told in its own way
            kernel.condemn.assert_not_called()
            os.waitpid(kernel.pid, 0)
            held.kernel_begins()
            kernel.condemn.assert_not_called()

    def test_a_system_without_such_timers_is_refused(self) -> None:
        with mock.patch.object(cputime, "obstacle", lambda: "timer_create: Invalid argument"):
            with self.assertRaisesRegex(Unusable, r"processor time \(5 ms\) cannot be held to here: timer_create"):
                Allowance.taken({limits.ALLOWANCE_VARIABLE: "cpu-ms=5"})


class OfEachProcessTest(unittest.TestCase):
    def test_files_that_are_open_are_counted_beside_the_runners_own(self) -> None:
        with host("open-files=200") as runner:
            runner.open()
            code = "got = []\ntry:\n    while True: got.append(open('/dev/null'))\nexcept OSError as no: print(len(got), no.errno)\ndel got"
            self.assertEqual(runner.execute(code)["outcome"], "completed")
            count, number = map(int, runner.text().split())
            self.assertEqual(number, errno.EMFILE)
            self.assertTrue(200 <= count <= 200 + limits.OWN_FILES, count)
            self.assertEqual(runner.execute("print('next')")["outcome"], "completed")

    def test_a_file_that_is_too_large_is_an_error_of_the_cell(self) -> None:
        with host(f"file-size={MIB}") as runner:
            runner.open()
            code = "try:\n    with open('big', 'wb', 0) as file: print(file.write(bytes(2 << 20))); file.write(b'1')\nexcept OSError as no: print(no.errno)"
            self.assertEqual(runner.execute(code)["outcome"], "completed")
            self.assertEqual(runner.text(), f"{MIB}\n{errno.EFBIG}\n")

    def test_processes_are_counted_by_a_group(self) -> None:  # rule: H21
        with Group("pids", pids__max=12) as group:
            join = group.file("cgroup.procs")
            with host(f"processes=12/group join={join}", join) as runner:
                runner.open()
                code = "import os, time\npids = []\ntry:\n    while True:\n        pid = os.fork()\n        if pid == 0: time.sleep(60)\n        pids.append(pid)\nexcept OSError as no: print(len(pids), no.errno)"
                self.assertEqual(runner.execute(code)["outcome"], "completed")
                count, number = map(int, runner.text().split())
                self.assertEqual(number, errno.EAGAIN)
                self.assertTrue(1 <= count < 12, count)
                self.assertIn("session", runner.call("session.open", name="another")["result"])  # a kernel is born all the same

    def test_a_user_is_held_to_a_number_of_processes_without_a_group(self) -> None:  # rule: H21
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                if os.geteuid() == 0:  # whom the system holds to none
                    os.setgid(NOBODY)
                    os.setuid(NOBODY)
                allowance.enter(Allowance.parse("processes=10").for_kernels())
                self._fork_until_refused(write)
            finally:
                os._exit(1)
        os.close(write)
        os.waitpid(pid, 0)
        with open(read, "rb") as told:
            count, number = map(int, told.read().split())
        self.assertEqual(number, errno.EAGAIN)
        self.assertTrue(1 <= count <= 10, count)

    @staticmethod
    def _fork_until_refused(write: int) -> None:
        children: list[int] = []
        try:
            while len(children) < 100:
                child = os.fork()
                if child == 0:
                    signal.pause()
                    os._exit(0)
                children.append(child)
            number = 0
        except OSError as refused:
            number = refused.errno
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        os.write(write, b"%d %d" % (len(children), number))

    def test_a_snapshot_that_is_too_large_is_told(self) -> None:
        with host(f"file-size={MIB}") as runner:
            runner.open()
            runner.execute("import os; held = os.pipe(); text = 'x' * (4 << 20)")  # no copy of it may be made
            state = runner.execute("os._exit(3)")["state"]
            self.assertEqual(state["source"], "fresh")
            self.assertIn("File too large", state["reason"])
            self.assertEqual(runner.execute("print(1)")["outcome"], "completed")

    def test_a_bomb_is_ended_with_its_cell(self) -> None:  # rule: H21
        with Group("pids", pids__max=40) as group:
            join = group.file("cgroup.procs")
            with host(f"processes=40/group join={join}", join) as runner:
                runner.open()
                bomb = "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass"
                self.assertEqual(runner.execute(bomb, timeoutMs=500, graceMs=500)["outcome"], "timed_out")
                self.assertEqual(runner.execute("print(1)")["outcome"], "completed")


class RefusalTest(unittest.TestCase):
    def test_what_others_were_to_limit_and_do_not_is_refused(self) -> None:
        there = {
            "/proc/self/cgroup": b"4:memory:/outer/own\n8:pids:/\n0::/\n",
            "/sys/fs/cgroup/memory/memory.limit_in_bytes": b"268435456\n",
            "/sys/fs/cgroup/memory/outer/memory.limit_in_bytes": b"9223372036854771712\n",
            "/sys/fs/cgroup/pids/pids.max": b"max\n",
        }
        with mock.patch.object(groups, "read_proc", lambda path: there.get(path, b"")):
            for text, words in (
                ("memory=268435456/outside", None),
                ("memory=268435455/outside", r"limit its memory to 268435455 .* the least one is 268435456"),
                ("processes=50/outside", r"limit its processes to 50 .* none is seen"),
            ):
                with self.subTest(text):
                    environment = {limits.ALLOWANCE_VARIABLE: text}
                    if words is None:
                        Allowance.taken(environment)
                    else:
                        with self.assertRaisesRegex(Unusable, words):
                            Allowance.taken(environment)
            there["/proc/self/cgroup"] = b"0::/\n"
            there["/sys/fs/cgroup/pids.max"] = b"50\n"
            Allowance.taken({limits.ALLOWANCE_VARIABLE: "processes=50/outside"})

    def test_a_kernel_that_cannot_join_runs_nothing(self) -> None:
        with Group("memory") as group:
            count = group.file("memory.oom_control")  # which nobody can join by
            with host(f"memory={MIB}/group join={count}", count) as runner:
                refused = runner.call("session.open", name="main")
                self.assertIn("the limits cannot be held to", refused["error"]["message"])

    def test_a_runner_that_cannot_hold_to_it_does_not_start(self) -> None:
        for text, words in (("swap=1", "is no limit of this runner"), ("memory=1/group join=77", "are not open")):
            with self.subTest(text):
                runner = host(text)
                self.assertEqual(runner.process.wait(20), 64)
                runner.process.returncode = None
                runner.close()
                self.assertIn(words, runner.errors)


if __name__ == "__main__":
    unittest.main()
