"""The first process of a container that is kept, and the sweep of what runs beside it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import unittest
from contextlib import ExitStack
from unittest import mock

from _runner import kept, limits

SRC = os.path.dirname(os.path.dirname(os.path.abspath(kept.__file__)))


class IdleTest(unittest.TestCase):
    def test_it_ends_in_good_order_when_the_container_is_stopped(self) -> None:
        code = "from _runner import kept; import os; os.write(1, b'.'); raise SystemExit(kept.idle())"
        # Blocked from its birth, the signal is not lost however early it comes.
        start = f"import signal, sys; signal.pthread_sigmask(signal.SIG_BLOCK, [15]); sys.path.insert(0, {SRC!r}); {code}"
        with subprocess.Popen([sys.executable, "-c", start], stdout=subprocess.PIPE) as idle:
            self.assertEqual(idle.stdout.read(1), b".")
            idle.send_signal(signal.SIGTERM)
            self.assertEqual(idle.wait(30), 0)

    def test_it_reaps_a_child_and_goes_on(self) -> None:
        ends, calls = [signal.SIGCHLD, signal.SIGTERM], []
        with ExitStack() as stack:
            stack.enter_context(mock.patch.object(kept.linux, "hide_memory"))
            stack.enter_context(mock.patch.object(kept.signal, "pthread_sigmask"))
            stack.enter_context(mock.patch.object(kept.linux, "reap", lambda: calls.append("reap") or iter(())))
            stack.enter_context(mock.patch.object(kept.signal, "sigwait", lambda _: ends.pop(0)))
            self.assertEqual(kept.idle(), 0)
        self.assertEqual(calls, ["reap", "reap"])

    def told(self, names: dict[str, str]) -> list[tuple[int, int]]:
        ends, kills = [signal.SIGUSR1, signal.SIGTERM], []
        with ExitStack() as stack:
            stack.enter_context(mock.patch.object(kept.linux, "hide_memory"))
            stack.enter_context(mock.patch.object(kept.linux, "reap", lambda: iter(())))
            stack.enter_context(mock.patch.object(kept.signal, "pthread_sigmask"))
            stack.enter_context(mock.patch.object(kept.signal, "sigwait", lambda _: ends.pop(0)))
            stack.enter_context(mock.patch.object(kept, "_name_in", names.get))
            stack.enter_context(mock.patch.object(kept.os, "kill", lambda *words: kills.append(words)))
            self.assertEqual(kept.idle(), 0)
        return kills

    def test_it_ends_all_others_when_the_host_of_their_runner_is_gone_and_not_when_another_one_has_come(self) -> None:
        names = {limits.KEPT_HOLDER: "r1", limits.KEPT_ENDED: "r1"}
        self.assertEqual(self.told(names), [(-1, signal.SIGKILL)])
        self.assertEqual(self.told({**names, limits.KEPT_HOLDER: "r2"}), [])
        self.assertEqual(self.told(dict.fromkeys(names, "")), [])


class SweepTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.holder = os.path.join(self.folder, "holder")
        self.kills = []
        for target, name, value in (
            (limits, "KEPT_HOLDER", self.holder),
            (kept.os, "kill", lambda *words: self.kills.append(words)),
            (kept.linux, "processes", lambda: {}),
            (kept.linux, "read_proc", lambda path: self.first),
        ):
            patch = mock.patch.object(target, name, value)
            patch.start()
            self.addCleanup(patch.stop)
        self.first = b"python3\0-I\0/pyvisor-runner\0idle\0"

    def hold(self, runner: str) -> None:
        with open(self.holder, "w", encoding="ascii") as file:
            file.write(runner)

    def test_all_processes_are_ended_for_the_runner_that_the_container_is_for(self) -> None:
        self.hold("r2")
        self.assertEqual(kept.sweep("r2", False), 0)
        self.assertEqual(self.kills, [(-1, signal.SIGKILL)])

    def test_one_that_is_late_ends_nothing_of_the_next_runners(self) -> None:
        self.hold("r2")
        self.assertEqual(kept.sweep("r1", False), 0)
        self.assertEqual(self.kills, [])

    def test_nothing_is_ended_outside_of_such_a_container(self) -> None:
        self.assertEqual(kept.sweep("", False), 0)
        self.assertEqual(kept.sweep("r1", False), 0)
        self.hold("r1")
        self.first = b"/sbin/init\0"
        self.assertEqual(kept.sweep("r1", False), 0)
        self.assertEqual(self.kills, [])

    def test_a_process_that_does_not_end_is_told_and_nothing_is_made_ready(self) -> None:
        self.hold("r1")
        with mock.patch.object(kept, "_await_end", lambda budget: [7]), mock.patch("sys.stderr"):
            self.assertEqual(kept.sweep("r1", True), 1)

    def test_who_attaches_gets_a_directory_and_those_of_clients_before_are_removed(self) -> None:
        self.hold("r1")
        parent = os.path.join(self.folder, "runners")
        os.makedirs(os.path.join(parent, "pyvisor-a", "workspace-1"))
        own = os.path.join(parent, "pyvisor-b")
        with mock.patch.dict(os.environ, {limits.DIRECTORY_VARIABLE: own}):
            self.assertEqual(kept.sweep("r1", True), 0)
            with open(os.path.join(own, "kept"), "w", encoding="ascii"):
                pass
            self.assertEqual(kept.sweep("r1", True), 0)
        self.assertEqual(os.listdir(parent), ["pyvisor-b"])
        self.assertEqual(os.listdir(own), ["kept"])


class AwaitTest(unittest.TestCase):
    def test_a_process_that_ends_is_waited_for_and_one_that_lives_is_told(self) -> None:
        with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
            with mock.patch.object(kept.linux, "processes", lambda: {1: None, os.getpid(): None, child.pid: None}):
                self.assertEqual(kept._await_end(0.0), [child.pid])
                child.stdin.close()
                self.assertEqual(kept._await_end(30.0), [])

