"""What the code may use: read from the runner's environment, and held to by groups or by limits of each process."""

from __future__ import annotations

import os
import resource
import unittest
from typing import Any, Optional
from unittest import mock

from _runner import allowance, limits
from _runner.allowance import Allowance, Unusable
from tests.support.groups import Group
from tests.support.host import Host

MIB = limits.MIB
GREED = "hoard = []\nwhile True: hoard.append(bytearray(8 << 20))"


def host(text: str, *fds: int) -> Host:
    return Host(environment={limits.ALLOWANCE_VARIABLE: text}, pass_fds=fds)


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

    def test_the_variable_is_taken_away(self) -> None:
        environment = {limits.ALLOWANCE_VARIABLE: "memory=1000", "PATH": "/bin"}
        self.assertEqual(Allowance.taken(environment).memory, 1000)
        self.assertEqual(environment, {"PATH": "/bin"})

    def test_root_is_held_to_no_number_of_processes_without_a_group(self) -> None:
        with mock.patch("os.geteuid", lambda: 0), self.assertRaisesRegex(Unusable, r"limit of processes \(5\) needs a control group"):
            Allowance.taken({limits.ALLOWANCE_VARIABLE: "processes=5"})
        with mock.patch("os.geteuid", lambda: 0):
            Allowance.taken({limits.ALLOWANCE_VARIABLE: "processes=5/group"})
        with mock.patch("os.geteuid", lambda: 1000):
            Allowance.taken({limits.ALLOWANCE_VARIABLE: "processes=5"})

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
        with host(f"memory={200 * MIB}/outside") as runner:
            runner.open()
            runner.execute("load = bytearray(80 << 20)")
            state = runner.execute("import os; os._exit(3)")["state"]
            self.assertNotEqual(state["source"], "checkpoint")
            self.assertIn("memory", state["reason"])


class RefusalTest(unittest.TestCase):
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
