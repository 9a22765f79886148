"""Whose private directory a runner removes: that of a host that is gone, or on its way out."""

from __future__ import annotations

import os
import pathlib
import shutil
import signal
import tempfile
import unittest
from unittest import mock

from _runner import limits, linux, workspaces


class ClearUpTest(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="pyvisor-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        (self.folder / "workspace").mkdir()
        named = mock.patch.dict(os.environ, {limits.DIRECTORY_VARIABLE: str(self.folder)})
        named.start()
        self.addCleanup(named.stop)

    def test_that_of_a_host_that_lives_stays(self) -> None:
        workspaces.clear_up_behind(os.getppid())
        self.assertTrue(self.folder.exists())

    def test_that_of_a_host_that_is_gone_goes(self) -> None:
        workspaces.clear_up_behind(os.getppid() + 1)
        self.assertFalse(self.folder.exists())

    def test_that_of_a_host_goes_which_has_closed_its_end_and_is_still_our_parent(self) -> None:  # rule: LIF-9
        host = os.fork()
        if host == 0:
            os._exit(0)
        os.waitid(os.P_PID, host, os.WEXITED | os.WNOWAIT)
        with mock.patch.object(os, "getppid", lambda: host):
            workspaces.clear_up_behind(host)
        os.waitpid(host, 0)
        self.assertFalse(self.folder.exists())

    def test_what_no_host_has_made_stays_and_what_is_gone_is_no_error(self) -> None:
        self.folder.chmod(0o755)
        workspaces.clear_up_behind(os.getppid() + 1)
        self.assertTrue(self.folder.exists())
        shutil.rmtree(self.folder)
        workspaces.clear_up_behind(os.getppid() + 1)

    def test_who_is_ending(self) -> None:
        child = os.fork()
        if child == 0:
            signal.pause()
        self.assertFalse(linux.is_ending(child))
        self.assertFalse(linux.is_ending(os.getpid()))
        os.kill(child, signal.SIGKILL)
        os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
        self.assertTrue(linux.is_ending(child))
        os.waitpid(child, 0)
        self.assertFalse(linux.is_ending(child), "there is none")
