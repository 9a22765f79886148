"""A kernel that the system ends because memory ran out: it alone, and it is said."""

from __future__ import annotations

import os
import unittest
from pathlib import Path
from unittest import mock

from _runner import oom
from tests.support.host import Host

GROUPS = Path("/sys/fs/cgroup/memory")
LIMIT = 200 * 1024 * 1024
GREED = "kept = 1 if 'kept' not in globals() else kept\nhoard = []\nwhile True: hoard.append(bytearray(8 << 20))"


class Group:
    """A control group of version 1 with a limit of memory, for the processes that are begun within."""

    def __enter__(self) -> Group:
        self.path = GROUPS / f"pyvisor-test-{os.getpid()}"
        try:
            self.path.mkdir()
            (self.path / "memory.limit_in_bytes").write_text(str(LIMIT))
        except OSError as problem:
            raise unittest.SkipTest(f"no control group can be made here: {problem}") from None
        self._home = next(
            line.split(":", 2)[2] for line in Path("/proc/self/cgroup").read_text().splitlines() if ":memory:" in line
        )
        self._join(self.path)
        return self

    def __exit__(self, *_: object) -> None:
        home = GROUPS / self._home.lstrip("/")
        self._join(home if home.is_dir() else GROUPS)
        self.path.rmdir()

    def leave(self) -> None:
        """What was begun stays; the test itself is no part of it."""
        home = GROUPS / self._home.lstrip("/")
        self._join(home if home.is_dir() else GROUPS)

    @staticmethod
    def _join(group: Path) -> None:
        (group / "cgroup.procs").write_text(str(os.getpid()))


class OomTest(unittest.TestCase):
    def test_only_the_kernel_goes_and_the_reason_is_told(self) -> None:  # rule: H20
        with Group() as group:
            with Host() as host:
                group.leave()
                host.open()
                host.execute("kept = 41")
                result = host.execute(GREED)
                self.assertEqual((result["outcome"], result["cause"]["signal"]), ("crashed", "SIGKILL"))
                self.assertIn("memory ran out", result["cause"]["detail"])
                host.execute("print(kept)")
                self.assertEqual(host.text(), "41\n")

    def test_a_limit_of_addresses_is_an_error_of_the_cell(self) -> None:  # rule: H20
        with Host() as host:
            host.open()
            host.execute("import resource; resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))")
            result = host.execute("huge = bytearray(3 << 30)")
            self.assertEqual(result["outcome"], "raised")
            self.assertEqual(host.reports[host.cell()]["error"]["type"], "MemoryError")
            self.assertEqual(host.execute("print(1)")["outcome"], "completed")

    def test_a_kill_by_somebody_else_is_not_taken_for_it(self) -> None:
        counter = oom.OomCounter()
        with mock.patch.object(oom, "read_proc", lambda path: b"low 0\noom_kill %d\n" % counter._seen):
            self.assertIsNone(counter.explains_a_kill())
        with mock.patch.object(oom, "read_proc", lambda path: b"low 0\noom_kill %d\n" % (counter._seen + 1)):
            self.assertIn("memory ran out", (counter.explains_a_kill() or {}).get("detail", ""))

    def test_the_group_that_counts_is_found_in_both_versions(self) -> None:
        there = {
            "/sys/fs/cgroup/memory/a/memory.oom_control": b"oom_kill_disable 0\nunder_oom 0\noom_kill 3\n",
            "/sys/fs/cgroup/x/memory.events": b"max 0\noom_kill 1\n",
        }
        with mock.patch.object(oom, "read_proc", lambda path: there.get(path, b"")):
            self.assertEqual(list(oom._files("4:cpu,memory:/a/b\n0::/\n")), ["/sys/fs/cgroup/memory/a/memory.oom_control"])
            self.assertEqual(list(oom._files("0::/x/y\n")), ["/sys/fs/cgroup/x/memory.events"])


if __name__ == "__main__":
    unittest.main()
