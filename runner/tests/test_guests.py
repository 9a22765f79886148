"""What code can do with what it shares with the supervisor: it ends nobody else, and keeps nobody waiting."""

from __future__ import annotations

import os
import socket
import threading
import unittest
from collections import deque
from typing import Callable
from unittest import mock

from _runner import limits, linux, page
from _runner.channel import Sink
from _runner.copies import Copies, Copy
from _runner.family import Family
from _runner.loop import Loop
from _runner.outbound import Outbound
from _runner.output import Output
from _runner.session import STDERR, STDOUT, Cell, SessionState
from tests.support.host import Host

# Bounds a call that must not wait at all, on a loaded machine.
PATIENCE = 10.0
# A handler of a takeover runs before the kernel has closed what it was given: it keeps the shared page.
KEEP_PAGE = """
import os
def keep():
    for fd in map(int, os.listdir('/proc/self/fd')):
        try:
            if 'pyvisor-page' in os.readlink(f'/proc/self/fd/{fd}'):
                globals()['kept'] = os.dup(fd)
        except OSError:
            pass
os.register_at_fork(after_in_child=keep)
"""
CUT_PAGE = """
for size in (0, 1, 1 << 20):
    try:
        os.ftruncate(kept, size)
        print('resized')
    except PermissionError:
        print('refused')
"""
# Hands the supervisor over what is no channel, by the way that a thread gets one.
NO_CHANNELS = """
import os, socket
door = None
for fd in map(int, os.listdir('/proc/self/fd')):
    try:
        found = socket.socket(fileno=os.dup(fd)) if 'socket' in os.readlink(f'/proc/self/fd/{fd}') else None
    except OSError:
        continue
    if found is not None and found.type == socket.SOCK_SEQPACKET:
        door = found
listening = socket.socket(socket.AF_UNIX)
listening.bind(os.path.join(os.getcwd(), 'listening'))
listening.listen()
given = [os.open('/dev/null', os.O_RDONLY), os.open('.', os.O_RDONLY), *os.pipe(), listening.fileno()]
sockets = [socket.socket(family, kind) for family in (socket.AF_INET, socket.AF_UNIX) for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM)]
given += [each.fileno() for each in sockets]
for fd in given:
    socket.send_fds(door, [b'channel'], [fd])
print('given', len(given))
"""


def ends(do: Callable[[], object]) -> bool:
    """Whether it does not wait for anything."""
    thread = threading.Thread(target=do, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    return not thread.is_alive()


class GuestTest(unittest.TestCase):
    def test_the_shared_page_cannot_be_taken_from_the_supervisor(self) -> None:  # rule: H22
        with Host() as host:
            host.open()
            host.execute(KEEP_PAGE)
            died = host.execute("os._exit(1)")
            self.assertEqual(died["state"]["source"], "checkpoint")
            host.execute(CUT_PAGE)
            self.assertEqual(host.text(), "refused\n" * 3)
            # At its deadline the supervisor looks at the page.
            late = host.execute("import time; time.sleep(60)", timeoutMs=200)
            self.assertEqual(late["outcome"], "timed_out")

    def test_what_is_no_channel_is_let_go_of(self) -> None:  # rule: H22
        with Host() as host:
            host.open()
            host.open("other")
            host.execute("kept = 1", 2)
            before = len(os.listdir(f"/proc/{host.hello['pid']}/fd"))
            host.execute(NO_CHANNELS)
            self.assertEqual(host.text(), "given 9\n")
            self.assertEqual(host.execute("print('on')")["outcome"], "completed")
            host.execute("print(kept)", 2)
            self.assertEqual(host.text(2), "1\n")
            host.call("session.close", session=1)
            self.assertLessEqual(len(os.listdir(f"/proc/{host.hello['pid']}/fd")), before)

    def test_a_copy_whose_socket_waits_by_the_guests_will_is_not_waited_for(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        copy = Copy(Loop(), ours, 1, lambda ended: None)
        with theirs, socket.socket(fileno=os.dup(ours.fileno())) as guests:
            guests.setblocking(True)
            theirs.send(b"x")
            self.assertTrue(ends(copy.listen))

    def test_a_copy_that_says_much_leaves_room_for_others(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        copy = Copy(Loop(), ours, 1, lambda ended: None)
        with theirs:
            theirs.setblocking(False)
            for _ in range(limits.DOOR_BATCH + 1):
                theirs.send(b"?")
            copy.listen()
            self.assertEqual(ours.recv(9, socket.MSG_DONTWAIT), b"?")
            copy.drop()

    def test_a_channel_that_waits_by_the_guests_will_is_not_waited_for(self) -> None:
        ours, theirs = socket.socketpair()
        with ours, theirs, socket.socket(fileno=os.dup(ours.fileno())) as guests:
            sink = Sink(Loop(), ours.fileno(), lambda cost: None, lambda: None, ours)
            guests.setblocking(True)
            for size in (1, 10_000_000, 10_000_000):  # alone, and beside what is left of others
                sink.send(bytes(size))
                self.assertTrue(ends(sink.flush))
            self.assertGreater(sink.queued, 10_000_000)

    def test_somebody_elses_process_is_left_alone(self) -> None:
        with mock.patch("os.kill", side_effect=PermissionError) as kill:
            linux.kill(4711)
        self.assertEqual(kill.call_count, 1)


class StolenOutputTest(unittest.TestCase):
    """Output that a cell's pipes held at its end, and that a process of the guest has read."""

    def setUp(self) -> None:
        self.loop = Loop()
        read, self.write = os.pipe2(os.O_NONBLOCK)
        errors, self.errors = os.pipe2(os.O_NONBLOCK)
        host, self.host = os.pipe()
        self.addCleanup(lambda: [os.close(fd) for fd in (self.write, self.errors, self.host, host)])
        self.state = SessionState(1, "main", "/nowhere", None, "never")
        outbound = Outbound(self.loop, self.host, lambda: None, lambda: None)
        self.drained = False
        self.output = Output(self.loop, outbound, self.state, deque(), self.drain)
        self.addCleanup(self.output.close)
        self.output.adopt(1, {STDOUT: read, STDERR: errors})
        self.output.begin()
        self.read = read
        self.state.cell = self.cell = Cell(1, 1, 1)
        self.state.purses[STDOUT].left = 0

    def drain(self) -> None:
        self.drained = True
        self.loop.stop()

    def cell_ends(self) -> None:
        os.write(self.write, b"x" * 1000)
        self.cell.ends_with(self.output.held())
        self.output.listen()
        self.assertFalse(self.cell.drained)

    def test_it_is_not_waited_for_where_it_was_gone_before_there_was_credit(self) -> None:  # rule: LIF-5
        self.cell_ends()
        os.read(self.read, 600)
        self.state.purses[STDOUT].fill(5000)
        with mock.patch.object(limits, "MISSING_OUTPUT", 0.0):
            self.output.listen()
            self.loop.after(PATIENCE, self.loop.stop)
            self.loop.run()
        self.assertTrue(self.drained)
        self.assertEqual(self.cell.totals[STDOUT].bytes, 400)

    def test_it_is_not_waited_for_where_there_was_credit(self) -> None:  # rule: LIF-5
        self.state.purses[STDOUT].fill(5000)
        os.write(self.write, b"x" * 1000)
        self.cell.ends_with(self.output.held())
        os.read(self.read, 1000)
        self.output.read()
        self.assertTrue(self.cell.drained)

    def test_without_credit_nobody_looks_for_it(self) -> None:
        with mock.patch.object(limits, "MISSING_OUTPUT", 0.0):
            self.cell_ends()
            self.assertIsNone(self.loop._patience())
        self.output.close()


class LeadersTest(unittest.TestCase):
    def test_a_kernels_number_is_forgotten_when_nobody_is_left_of_it(self) -> None:
        """It may be the number of another session's kernel next."""
        here, gone, loop = os.getsid(0), _number_of_nobody(), Loop()
        family = Family(loop, 1, Copies(loop), lambda: {4_000_002})
        for pid in (here, gone, 4_000_001, 4_000_002):
            family.kernel_born(pid)
        with mock.patch.object(limits, "LEADERS_KEPT", 0.0):
            family.somebody_ended()
        loop.after(0.0, loop.stop)
        loop.run()
        self.assertEqual(family.leaders, {here, 4_000_002})


def _number_of_nobody() -> int:
    """Of a process that has ended."""
    pid = os.fork()
    if pid == 0:
        os.setsid()
        os._exit(0)
    os.waitpid(pid, 0)
    return pid


if __name__ == "__main__":
    unittest.main()
