"""What the files of a workspace take, however the code lays them out."""

from __future__ import annotations

import os
import pathlib
import tempfile
import unittest
from typing import Any, Optional
from unittest import mock

from _runner import limits, quota
from _runner.loop import Loop
from _runner.quota import Quota, TooMuch, sizes
from tests.support.host import Host

MIB = limits.MIB


class QuotaTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def total(self) -> int:
        return sum(sizes(str(self.root)))

    def fill(self, name: str, size: int = MIB) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(size))

    def test_files_in_folders_are_counted(self) -> None:
        self.fill("a")
        self.fill("b/c/d")
        self.assertTrue(2 * MIB <= self.total() < 3 * MIB)

    def test_a_link_leads_nowhere_and_a_second_name_costs_nothing(self) -> None:
        with tempfile.TemporaryDirectory() as elsewhere:
            (pathlib.Path(elsewhere) / "large").write_bytes(os.urandom(4 * MIB))
            (self.root / "out").symlink_to(elsewhere)
            (self.root / "file").symlink_to(f"{elsewhere}/large")
            (self.root / "loop").symlink_to(self.root)
            self.fill("a")
            os.link(self.root / "a", self.root / "again")
            os.mkfifo(self.root / "pipe")
            self.assertTrue(MIB <= self.total() < 2 * MIB)

    def test_a_folder_that_becomes_a_link_is_not_entered(self) -> None:
        with tempfile.TemporaryDirectory() as elsewhere:
            (pathlib.Path(elsewhere) / "large").write_bytes(os.urandom(4 * MIB))
            (self.root / "d").mkdir()
            enter = quota._enter

            def swapped(stack: Any, name: str, within: Optional[int]) -> None:
                if within is not None:
                    (self.root / "d").rmdir()
                    (self.root / "d").symlink_to(elsewhere)
                enter(stack, name, within)

            with mock.patch.object(quota, "_enter", swapped):
                self.assertLess(self.total(), MIB)
            self.assertTrue((self.root / "d").is_symlink())

    def test_holes_take_nothing(self) -> None:
        with open(self.root / "sparse", "wb") as file:
            file.truncate(1 << 40)
        self.assertLess(self.total(), MIB)

    def test_what_is_too_deep_or_too_much_is_no_way_around_it(self) -> None:
        with mock.patch.object(limits, "WORKSPACE_DEPTH", 5):
            (self.root / "/".join("abcdefg")).mkdir(parents=True)
            with self.assertRaisesRegex(TooMuch, "more than 5 folders"):
                self.total()
        for number in range(8):
            self.fill(f"f{number}", 1)
        with mock.patch.object(limits, "WORKSPACE_ENTRIES", 10), self.assertRaisesRegex(TooMuch, "more than 10 files"):
            self.total()

    def test_what_the_code_hides_is_told(self) -> None:
        limited, told = Quota(Loop(), str(self.root / "w"), MIB), []
        limited.measure(told.append)
        self.assertIn("cannot be looked into (No such file", told[-1]["detail"])
        (self.root / "w").symlink_to("/")
        limited.measure(told.append)
        self.assertIn("cannot be looked into", told[-1]["detail"])
        (self.root / "d").mkdir()
        enter = quota._enter

        def forbidden(stack: Any, name: str, within: Optional[int]) -> None:
            if within is not None:
                raise PermissionError(13, "Permission denied")
            enter(stack, name, within)

        with mock.patch.object(quota, "_enter", forbidden), self.assertRaisesRegex(TooMuch, "Permission denied"):
            self.total()

    @unittest.skipUnless(os.geteuid() == 0, "only root can become another user, and does in the end")
    def test_a_folder_that_can_be_listed_and_not_searched_hides_nothing(self) -> None:
        self.fill("d/large", 4 * MIB)
        for path in (self.root, self.root / "d"):
            os.chown(path, 61000, 61000)
        for closed in (self.root / "d", self.root):
            os.chmod(closed, 0o400)
            told: list[Any] = []
            os.seteuid(61000)
            try:
                Quota(Loop(), str(self.root), MIB).measure(told.append)
            finally:
                os.seteuid(0)
                os.chmod(closed, 0o700)
            self.assertIn("cannot be looked into (Permission denied)", told[0]["detail"])

    def test_it_is_measured_piece_by_piece_and_leaves_no_descriptor(self) -> None:
        for number in range(9):
            self.fill(f"d{number}/f", 4096)
        before, told, loop = os.listdir("/proc/self/fd"), [], Loop()
        with mock.patch.object(limits, "WORKSPACE_SLICE", 4):
            Quota(loop, str(self.root), 4096).measure(told.append)
            self.assertEqual(told, [])
            while not told:
                loop.turn()
            self.assertEqual((told[0]["kind"], told[0]["limitBytes"]), ("workspace_limit", 4096))
            stopped = Quota(loop, str(self.root), 1)
            stopped.measure(told.append)
            stopped.stop()
        self.assertEqual(len(os.listdir("/proc/self/fd")), len(before) + 3)  # the loop's own


class CellTest(unittest.TestCase):
    def test_the_cell_that_passes_the_limit_is_told_and_the_one_that_mends_it_is_not(self) -> None:
        with Host(environment={limits.ALLOWANCE_VARIABLE: f"workspace={MIB}"}) as host:
            host.open()
            self.assertNotIn("cause", host.execute("import os; open('small', 'wb').write(bytes(1000)) and None"))
            result = host.execute("open('large', 'wb').write(os.urandom(3 << 20)) and None")
            self.assertEqual((result["outcome"], result["cause"]["kind"]), ("completed", "workspace_limit"))
            self.assertGreaterEqual(result["cause"]["bytes"], 3 * MIB)
            self.assertIn("remove some", result["cause"]["detail"])
            self.assertIn("cause", host.execute("1"))  # for as long as it lasts
            self.assertNotIn("cause", host.execute("os.remove('large')"))


if __name__ == "__main__":
    unittest.main()
