"""A copy of a process that is its sister: when the handlers of the fork run, and who is whose child."""

from __future__ import annotations

import unittest

from _runner.aside import CAN_START_SISTERS
from tests.support.host import Host

CELLS = 3
# Appends a letter to a file that only this cell knows.
REGISTER = """
import os, tempfile
note = tempfile.NamedTemporaryFile(dir='.')
os.register_at_fork(after_in_child=lambda: os.write(note.fileno(), b'w'))
"""


@unittest.skipUnless(CAN_START_SISTERS, "here a copy is made by os.fork, which runs the handlers at once")
class AsideTest(unittest.TestCase):
    def test_the_handlers_of_a_fork_run_once_and_when_the_copy_wakes(self) -> None:  # rule: H40
        with Host() as host:
            host.open(checkpoint="always")
            host.execute(REGISTER)
            for _ in range(CELLS):  # each leaves a copy
                host.execute("print(os.stat(note.name).st_size)")
                self.assertEqual(host.text(), "0\n")

            died = host.execute("os.kill(os.getpid(), 9)")

            self.assertEqual(died["state"]["source"], "checkpoint")
            host.execute("print(os.stat(note.name).st_size)")
            self.assertEqual(host.text(), "1\n")

    def test_a_kernel_is_a_child_of_the_supervisor_from_its_first_moment(self) -> None:  # rule: LIF-9
        with Host() as host:
            host.open()
            host.execute("import os; print(os.getppid())")

            self.assertEqual(host.text(), f"{host.hello['pid']}\n")

    def test_a_copy_that_took_over_can_start_threads_and_processes(self) -> None:  # rule: H40
        with Host() as host:
            host.open(checkpoint="always")
            host.execute("import os")
            died = host.execute("os.kill(os.getpid(), 9)")
            self.assertEqual(died["state"]["source"], "checkpoint")

            host.execute(
                "import subprocess, threading\n"
                "t = threading.Thread(target=lambda: print('thread')); t.start(); t.join()\n"
                "print(subprocess.run(['echo', 'process'], capture_output=True).stdout.decode().strip())\n"
                "print(threading.active_count(), os.getpid() == int(os.readlink('/proc/self')))"
            )

            self.assertEqual(host.text(), "thread\nprocess\n1 True\n")


if __name__ == "__main__":
    unittest.main()
