"""A tool that is given a file hears where it lies in the workspace, wherever the code stands."""

from __future__ import annotations

import os
import pathlib
import tempfile
import unittest
from typing import Any

from _runner.synced import Workspace
from tests.support.host import Host

TOOL = {
    "name": "take",
    "parameters": [
        {"name": "file", "required": True, "file": True, "schema": {"type": "string", "format": "path"}},
        {"name": "times", "required": False, "default": 1, "schema": {"type": "integer"}},
        {"name": "other", "required": False, "default": None, "file": True, "schema": {"type": "string", "format": "path"}},
    ],
}


class WorkspaceTest(unittest.TestCase):
    def test_what_is_below_it_is_told_from_there_and_nothing_else_is(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder, "real")
            (root / "sub").mkdir(parents=True)
            link = pathlib.Path(folder, "link")
            link.symlink_to(root)
            workspace = Workspace(str(link))
            here = os.getcwd()
            self.addCleanup(os.chdir, here)
            os.chdir(root / "sub")
            for path, below in (
                ("a", "sub/a"), ("../a", "a"), (f"{root}/x/../y", "y"), (f"{link}/z", "z"), ("./../sub//b", "sub/b"),
                ("..", None), ("../..", None), ("../../real2/a", None), ("/etc/passwd", None), (str(root), None), (f"{root}2/a", None),
            ):  # fmt: skip
                self.assertEqual(workspace.below(path), below, path)
            workspace.move(folder)
            self.assertEqual(workspace.below("a"), "real/sub/a")


class SyncedTest(unittest.TestCase):
    host: Host

    @classmethod
    def setUpClass(cls) -> None:
        cls.host = Host()
        cls.addClassCleanup(cls.host.close)
        cls.host.wait_for(lambda: cls.host.hello)
        cls.host.open()
        cls.host.tools["take"] = cls.take
        cls.host.call("tools.register", session=1, tools=[TOOL])

    taken: list[Any] = []

    @classmethod
    def take(cls, *args: Any, **kwargs: Any) -> None:
        cls.taken.append((args, kwargs))

    def setUp(self) -> None:
        self.taken.clear()

    def test_by_position_by_name_and_in_both_forms(self) -> None:  # rule: C97d
        code = "import os, pathlib; root = os.getcwd(); os.makedirs('sub', exist_ok=True); os.chdir('sub')\n"
        code += "await take('a', 2); take.sync(file=root + '/b'); await take(pathlib.Path('../c'), other='d'); os.chdir(root)"
        self.assertEqual(self.host.execute(code)["outcome"], "completed", self.host.reports.get(self.host.cell()))
        said = [[*args, *kwargs.values()] for args, kwargs in self.taken]
        self.assertEqual(said, [["sub/a", 2], ["b"], ["c", "sub/d"]])

    def test_what_is_outside_is_refused_before_the_host_hears_of_it(self) -> None:
        for path in ("'/etc/passwd'", "'..'", "'sub/../../x'", "''", "'.'"):
            self.assertEqual(self.host.execute(f"await take({path})")["outcome"], "raised")
            error = self.host.reports[self.host.cell()]["error"]
            self.assertEqual(error["type"], "ValueError")
            self.assertIn("take(): file has to be a file below the workspace, and is", error["message"])
        self.assertEqual(self.taken, [])

    def test_a_name_that_is_not_utf8_is_refused_by_name(self) -> None:  # rule: FIL-7
        self.assertEqual(self.host.execute("import os; await take(os.fsdecode(b'b\\xff'))")["outcome"], "raised")
        error = self.host.reports[self.host.cell()]["error"]
        self.assertEqual(error["type"], "ValueError")
        self.assertEqual(error["message"], "take(): file has to have a name in UTF-8, and is 'b\\udcff'; rename it")
        self.assertEqual(self.taken, [])

    def test_what_is_no_path_is_the_hosts_to_refuse(self) -> None:
        self.assertEqual(self.host.execute("await take(7); await take('a', other=None)")["outcome"], "completed")
        self.assertEqual(len(self.taken), 2)
