"""The host of the tests sees what a runner leaves behind."""

from __future__ import annotations

import os
import signal
import subprocess
import unittest
from unittest import mock

from tests.support import host as support
from tests.support.host import Host
from tests.support.processes import alive, having


class LeavingTest(unittest.TestCase):
    def test_a_process_that_outlives_its_runner_fails_the_test_and_is_ended(self) -> None:
        host = Host()
        with mock.patch.object(support, "GONE", 0.1):
            with self.assertRaisesRegex(AssertionError, "left behind .*'sleep'"):
                with host:
                    left = subprocess.Popen(["sleep", "60"], env={"PATH": os.environ["PATH"], **host.mark})
        self.assertEqual(-signal.SIGKILL, left.wait(10))

    def test_what_cells_start_and_detach_bears_its_mark_and_ends_with_the_runner(self) -> None:
        with Host() as host:
            host.open()
            host.execute("import os, subprocess")
            host.execute("print(subprocess.Popen(['sleep', '60'], start_new_session=True).pid)")
            sleeping = int(host.text())
            self.assertIn(sleeping, having(host.mark))
            self.assertIn(host.kernel(), having(host.mark))
        self.assertFalse(alive(sleeping))


if __name__ == "__main__":
    unittest.main()
