"""When a process must not be copied by fork, and the positions in its files."""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from typing import Any, Optional
from unittest import mock

from _runner import gates, limits
from tests import SOURCES

_libc = ctypes.CDLL(None, use_errno=True)
_PIDFD_OPEN = 434
_BUDGET = 0.005  # a hundred times what a check takes


class GatesTest(unittest.TestCase):
    def setUp(self) -> None:
        self.known = gates.open_fds()

    def why(
        self, policy: str = "auto", nanos: int = 0, limit: Optional[int] = None
    ) -> Optional[str]:
        return gates.why_not(self.known, policy, nanos, limit)

    def opened(self, fd: int) -> int:
        self.assertGreaterEqual(fd, 0)
        self.addCleanup(self.closed, fd)
        return fd

    @staticmethod
    def closed(fd: int) -> None:
        try:
            os.close(fd)
        except OSError:
            pass

    def test_a_plain_process_may_be_copied(self) -> None:  # rule: H39
        self.assertIsNone(self.why())
        self.assertIsNone(self.why("always"))

    def test_other_threads_forbid_it(self) -> None:  # rule: H39
        ending = threading.Event()
        threads = [threading.Thread(target=ending.wait) for _ in range(2)]
        try:
            threads[0].start()
            self.assertEqual(self.why("always"), "threads: 1 other thread runs")
            threads[1].start()
            self.assertEqual(self.why(), "threads: 2 other threads run")
        finally:
            ending.set()
            for thread in threads:
                thread.join()
        # The system's thread ends a moment after Python's.
        end = time.monotonic() + 10
        while self.why() is not None and time.monotonic() < end:
            pass
        self.assertIsNone(self.why())

    def test_a_kernel_that_counts_no_links_is_asked_for_a_list(self) -> None:
        with mock.patch.object(gates, "_LINKS_OF_ONE_THREAD", -1):
            self.assertIsNone(self.why())

    def test_ends_that_a_copy_would_keep_open_forbid_it(self) -> None:  # rule: H39
        fifo = os.path.join(self.directory(), "fifo")
        os.mkfifo(fifo)
        makers: dict = {
            "a pipe": lambda: os.pipe(),
            "a socket": lambda: [s.detach() for s in socket.socketpair()],
            "an eventfd": lambda: [_libc.eventfd(0, 0)],
            "an epoll": lambda: [_libc.epoll_create1(0)],
            "a timerfd": lambda: [_libc.timerfd_create(1, 0)],
            "an inotify": lambda: [_libc.inotify_init()],
            "a pidfd": lambda: [_libc.syscall(_PIDFD_OPEN, os.getpid(), 0)],
            "a terminal": lambda: os.openpty(),
        }
        for what, make in {**makers, "a pipe ": lambda: [os.open(fifo, os.O_RDWR)]}.items():
            with self.subTest(what):
                made = list(make())
                try:
                    told = self.why()
                    self.assertIn(
                        told, [f"descriptors: {what.strip()} is open (fd {fd})" for fd in made]
                    )
                finally:
                    for fd in made:
                        os.close(fd)
        self.assertIsNone(self.why())

    def test_a_gpu_forbids_it(self) -> None:  # rule: H39
        fd = self.opened(os.open(os.devnull, os.O_RDONLY))
        self.assertIsNone(self.why())
        with mock.patch.object(gates, "_readlink", lambda path: "/dev/nvidia0"):
            self.assertEqual(self.why(), f"descriptors: a GPU is open (fd {fd})")

    def test_files_do_not_forbid_it_unless_they_are_locked(self) -> None:
        directory = self.directory()
        fd = self.opened(os.open(os.path.join(directory, "a"), os.O_RDWR | os.O_CREAT))
        self.opened(os.open(directory, os.O_RDONLY))
        self.opened(os.open("/dev/urandom", os.O_RDONLY))
        self.assertIsNone(self.why())
        fcntl.flock(fd, fcntl.LOCK_EX)
        self.assertEqual(self.why(), f"descriptors: a locked file is open (fd {fd})")
        fcntl.flock(fd, fcntl.LOCK_UN)
        self.assertIsNone(self.why())

    def test_the_runners_own_descriptors_are_passed_over(self) -> None:
        self.known |= {self.opened(fd) for fd in os.pipe()}
        self.assertIsNone(self.why())

    def test_memory_forbids_it(self) -> None:  # rule: H39
        with open("/proc/self/statm", encoding="ascii") as file:
            resident = int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        self.assertIsNone(self.why(limit=8 * resident))
        told = self.why("always", limit=4 * limits.MIB)
        self.assertRegex(told or "", r"^memory: \d+\.\d MiB of at most 1\.0 MiB$")
        with mock.patch.object(gates, "_PAGE", 4 * limits.GIB):
            self.assertRegex(
                self.why(limit=2**60) or "", r"^memory: \d+\.\d GiB of at most 4\.0 GiB$"
            )

    def test_a_slow_copy_forbids_the_next_where_copies_are_automatic(self) -> None:  # rule: H39
        self.assertIsNone(self.why(nanos=limits.FORK_NANOS))
        self.assertEqual(self.why(nanos=87_654_321), "cost: the last copy took 87 ms")
        self.assertIsNone(self.why("always", nanos=87_654_321))
        self.assertIn("never", self.why("never") or "")

    def test_it_is_quick(self) -> None:
        self.opened(os.open("/dev/null", os.O_RDONLY))
        runs = []
        for _ in range(200):
            begun = time.perf_counter()
            self.why()
            runs.append(time.perf_counter() - begun)
        self.assertLess(sorted(runs)[100], _BUDGET)

    # --- what memory there is ---

    def limits_of(self, files: dict, address_space: int = gates._INFINITY) -> int:
        def read(path: str) -> bytes:
            return files.get(path, b"")

        with mock.patch.multiple(gates, _read=read, _getrlimit=lambda _: (address_space, 0)):
            return min(gates._memory_limits())

    def test_the_smallest_limit_counts(self) -> None:  # rule: H39
        one: Any = {"/proc/meminfo": b"MemFree: 1 kB\nMemTotal:    1000 kB\n"}
        cgroups = "/proc/self/cgroup"
        self.assertEqual(self.limits_of(one), 1_024_000)
        self.assertEqual(self.limits_of(one, address_space=500), 500)
        two = {**one, cgroups: b"0::/a/b\n", "/sys/fs/cgroup/a/memory.max": b"700\n"}
        self.assertEqual(self.limits_of(two), 700)
        self.assertEqual(self.limits_of({**two, "/sys/fs/cgroup/a/b/memory.max": b"max\n"}), 700)
        self.assertEqual(self.limits_of({**two, "/sys/fs/cgroup/memory.max": b"600\n"}), 600)
        old = {**one, cgroups: b"4:cpu,memory:/docker/x\n3:cpu:/\n0::/\n"}
        self.assertEqual(self.limits_of(old), 1_024_000)
        root = {**old, "/sys/fs/cgroup/memory/memory.limit_in_bytes": b"800"}
        self.assertEqual(self.limits_of(root), 800)
        inner = {**root, "/sys/fs/cgroup/memory/docker/x/memory.limit_in_bytes": b"300"}
        self.assertEqual(self.limits_of(inner), 300)

    def test_this_systems_limit_is_found_once(self) -> None:
        found = gates.memory_limit()
        self.assertGreater(found, 0)
        with mock.patch.object(gates, "_read", None):
            self.assertEqual(gates.memory_limit(), found)

    # --- positions ---

    def directory(self) -> str:
        made = tempfile.TemporaryDirectory()
        self.addCleanup(made.cleanup)
        return made.name

    def test_positions_in_files_come_back(self) -> None:
        with tempfile.TemporaryFile() as file, tempfile.TemporaryFile() as other:
            file.write(b"0123456789")
            file.seek(7)
            other.write(b"x")
            file.flush()
            other.flush()
            saved = gates.offsets(self.known)
            self.assertEqual(
                sorted((fd, offset) for fd, offset, _ in saved),
                sorted([(file.fileno(), 7), (other.fileno(), 1)]),
            )
            if os.fork() == 0:  # a copy shares them
                os.lseek(file.fileno(), 3, os.SEEK_SET)
                os._exit(0)
            os.wait()
            self.assertEqual(os.lseek(file.fileno(), 0, os.SEEK_CUR), 3)
            gates.restore_offsets(saved)
            self.assertEqual(os.lseek(file.fileno(), 0, os.SEEK_CUR), 7)

    def test_a_file_that_took_anothers_number_is_left_alone(self) -> None:
        directory = self.directory()
        first = self.opened(os.open(os.path.join(directory, "a"), os.O_RDWR | os.O_CREAT))
        os.write(first, b"abc")
        gone = self.opened(os.open(os.path.join(directory, "c"), os.O_RDWR | os.O_CREAT))
        saved = gates.offsets(self.known)
        second = self.opened(os.open(os.path.join(directory, "b"), os.O_RDWR | os.O_CREAT))
        os.dup2(second, first)
        os.close(gone)
        gates.restore_offsets(saved)
        self.assertEqual(os.lseek(first, 0, os.SEEK_CUR), 0)

    def test_only_the_users_regular_files_have_positions(self) -> None:
        self.opened(os.open("/dev/zero", os.O_RDONLY))
        for fd in os.pipe():
            self.opened(fd)
        self.known.add(self.opened(os.open(os.path.abspath(__file__), os.O_RDONLY)))
        self.assertEqual(gates.offsets(self.known), [])


class AloneTest(unittest.TestCase):
    def test_the_limit_of_the_address_space_is_heeded(self) -> None:
        code = (
            "import resource, sys; sys.path.insert(0, sys.argv[1])\n"
            "resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))\n"
            "from _runner import gates; print(gates.memory_limit())"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, str(SOURCES)], stdout=subprocess.PIPE, check=True
        )
        self.assertLessEqual(int(done.stdout), 2**30)


if __name__ == "__main__":
    unittest.main()
