"""Workspaces that are removed with whatever code has put into them."""

from __future__ import annotations

import os
import pathlib
import resource
import tempfile
import unittest

from _runner import limits
from _runner.loop import Loop
from _runner.removal import folder_removal, removal
from _runner.removals import Removals
from tests.support.host import Host
from tests.support.processes import until
from tests.support.tier import not_on_each

setUpModule = not_on_each

DEEP = 1200  # folders in one another: more than Python's functions may call one another
MANY = 5_000  # files: their removal takes many slices
# Bounds one wait on a loaded machine.
PATIENCE = 20.0
NEST = f"for _ in range({DEEP}): open('f', 'w').close(); os.mkdir('d'); os.chdir('d')"


class RemovalTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.tree = self.folder / "tree"
        self.tree.mkdir()

    def remove(self) -> None:
        before = os.listdir("/proc/self/fd")
        for _ in folder_removal(str(self.tree)):
            pass
        self.assertLessEqual(len(os.listdir("/proc/self/fd")), len(before))

    def test_however_deep_it_is(self) -> None:
        here = os.getcwd()
        os.chdir(self.tree)
        exec(NEST, {"os": os})
        os.chdir(here)
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))  # far fewer than there are folders
        self.remove()
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_the_way_to_it_may_lead_through_a_link(self) -> None:
        (self.folder / "way").symlink_to(self.folder)
        for _ in folder_removal(str(self.folder / "way" / "tree")):
            pass
        self.assertFalse(self.tree.exists())

    def test_links_are_removed_and_not_followed(self) -> None:
        kept = self.folder / "kept"
        kept.mkdir()
        (kept / "file").touch()
        (self.tree / "below").mkdir()
        (self.tree / "below" / "link").symlink_to(kept)
        self.remove()
        self.assertEqual([each.name for each in self.folder.rglob("*")], ["kept", "file"])

    def test_a_link_in_its_place_is_left_with_what_it_leads_to(self) -> None:
        self.tree.rename(self.folder / "moved")
        (self.folder / "moved" / "file").touch()
        self.tree.symlink_to(self.folder / "moved")
        self.remove()
        self.assertTrue((self.tree / "file").exists())

    def test_a_name_in_an_open_folder_may_be_a_file_or_a_folder(self) -> None:
        (self.tree / "file").touch()
        (self.tree / "folder").mkdir()
        (self.tree / "folder" / "inside").touch()
        within = os.open(self.tree, os.O_RDONLY)
        self.addCleanup(os.close, within)
        for name in (b"file", b"folder", b"nothing"):
            for _ in removal(name, within):
                pass
        self.assertEqual(list(self.tree.iterdir()), [])

    def test_what_is_not_there_is_removed_already(self) -> None:
        self.tree.rmdir()
        self.remove()

    def test_a_full_one_leaves_room_for_others(self) -> None:
        for number in range(2 * limits.FILE_SLICE):
            (self.tree / str(number)).touch()
        loop, order = Loop(), list[str]()
        removals = Removals(loop)
        removals.begin(folder_removal(str(self.tree)), lambda: order.append("removed"))
        removals.begin(folder_removal(str(self.folder / "other")), loop.stop)
        loop.after(0, lambda: order.append("others"))
        loop.run()
        self.assertEqual(order, ["others", "removed"])
        self.assertFalse(self.tree.exists())

    def test_at_the_end_all_of_it_goes_at_once(self) -> None:
        for number in range(2 * limits.FILE_SLICE):
            (self.tree / str(number)).touch()
        removals, done = Removals(Loop()), list[bool]()
        removals.begin(folder_removal(str(self.tree)), lambda: done.append(self.tree.exists()))
        removals.finish()
        self.assertEqual(done, [False])


class SessionTest(unittest.TestCase):
    def test_a_session_whose_workspace_is_deep_closes_and_others_go_on(self) -> None:  # rule: LIF-9
        with Host() as host:
            host.open()
            host.open("other")
            host.execute("import os; print(os.getcwd())")
            workspace = host.text().strip()
            host.execute(NEST)
            self.assertEqual(host.call("session.close", session=1)["result"], {})
            self.assertFalse(os.path.exists(workspace))
            self.assertEqual(host.execute("print('on')", 2)["outcome"], "completed")

    def test_a_runner_ends_with_a_deep_workspace(self) -> None:  # rule: LIF-9
        with Host() as host:
            host.open()
            host.execute("import os; print(os.getcwd())")
            workspace = host.text().strip()
            host.execute(NEST)
            self.assertEqual(host.close(), 0)
        self.assertFalse(os.path.exists(workspace))

    def test_a_runner_that_ends_while_it_removes_a_workspace_leaves_nothing_of_it(self) -> None:  # rule: LIF-9
        with Host() as host:
            host.open()
            host.execute(f"import os; print(os.getcwd())\nfor n in range({MANY}): open(str(n), 'w').close()")
            workspace = host.text().strip()
            before = _changed(workspace)
            host.request("session.close", {"session": 1})
            host.flush()
            until(lambda: _changed(workspace) != before, PATIENCE)
            self.assertEqual(host.close(), 0)
        self.assertFalse(os.path.exists(workspace))


def _changed(folder: str) -> int:
    """When something came into it, or went; 0 where it has gone."""
    try:
        return os.stat(folder).st_mtime_ns
    except FileNotFoundError:
        return 0


if __name__ == "__main__":
    unittest.main()
