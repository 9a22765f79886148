"""The filter of system calls: what it answers, by a small reading of its program and by the system itself."""

from __future__ import annotations

import errno
import json
import platform
import struct
import subprocess
import sys
import unittest
from typing import Any, Sequence

from _runner import confine
from tests import SOURCES
from tests.support.host import PATIENCE, Host
from tests.support.payload import patched

ALLOWED = 0x7FFF0000
CONFINED = {"PYVISOR_CONFINE": "1"}
NEW_USER, FS = 0x10000000, 0x200
TIOCSTI = 0x5412

# Calls that a plain process may make, or that fail in it by another error; the answers are their errors.
PROBE = """
import ctypes, json, os, sys, time
sys.path.insert(0, sys.argv[1])
from _runner import confine
took = 0.0
if sys.argv[2] == 'confined':
    begun = time.perf_counter()
    confine.install()
    took = time.perf_counter() - begun
libc = ctypes.CDLL(None, use_errno=True)
answers = {}
for name, number, arguments in json.loads(sys.argv[3]):
    ctypes.set_errno(0)
    answered = libc.syscall(*(ctypes.c_long(one) for one in (number, *arguments)))
    answers[name] = ctypes.get_errno() if answered < 0 else 0
print(json.dumps({'took': took, 'answers': answers}))
"""
CALLS = {
    "x86_64": {"ptrace": 101, "process_vm_readv": 310, "keyctl": 250, "clone": 56, "ioctl": 16, "personality": 135, "socket": 41},
    "aarch64": {"ptrace": 117, "process_vm_readv": 270, "keyctl": 219, "clone": 220, "ioctl": 29, "personality": 92, "socket": 198},
}
ARGUMENTS = {
    "ptrace": (0, 0, 0, 0),  # be traced
    "process_vm_readv": (1, 0, 0, 0, 0, 0),
    "keyctl": (0, -3, 0),  # the session's key ring
    "clone": (NEW_USER | FS, 0, 0, 0, 0),
    "ioctl": (0, TIOCSTI, 0),
    "personality": (0x0040000,),
    "socket": (40, 1, 0),  # to the machine that a virtual one runs on
    "io_uring_setup": (0, 0),
    "userns by clone3": (0, 0),
}
OF_INT_80 = """
import ctypes, mmap
code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
code.write(b'\\xb8\\x14\\x00\\x00\\x00\\xcd\\x80\\xc3')  # what i386 calls getpid
print(ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))())
"""


def verdict(machine: str, number: int, arguments: Sequence[int] = (), audit: int = 0) -> int:
    """What the program says of a call."""
    known = confine._MACHINES[machine]
    given = [*arguments, *([0] * (6 - len(arguments)))]
    data = struct.pack("<IIQ6Q", number, audit or known.audit, 0, *(one & 2**64 - 1 for one in given))
    program, at, held = confine.program(known), 0, 0
    while True:
        operation, if_true, if_false, value = struct.unpack_from("@HBBI", program, 8 * at)
        at += 1
        if operation == 0x20:
            held = struct.unpack_from("<I", data, value)[0]
        elif operation == 0x06:
            return int(value)
        else:
            holds = {0x15: held == value, 0x35: held >= value, 0x45: bool(held & value)}[operation]
            at += if_true if holds else if_false


def refused(number: int) -> int:
    return 0x00050000 | number


class ProgramTest(unittest.TestCase):
    def test_every_refused_call_is_refused_and_its_neighbours_are_not(self) -> None:
        for name, machine in confine._MACHINES.items():
            listed = {*machine.refused, *confine._EVERYWHERE}
            special = {machine.clone, machine.ioctl, machine.personality, machine.socket, confine._CLONE3}
            for number in range(500):
                with self.subTest(machine=name, number=number):
                    meant = refused(errno.EPERM) if number in listed else ALLOWED
                    if number not in special:
                        self.assertEqual(verdict(name, number), meant)

    def test_a_call_is_looked_into_where_its_arguments_decide(self) -> None:
        for name, machine in confine._MACHINES.items():
            with self.subTest(name):
                self.assertEqual(verdict(name, machine.clone, (0x01200011,)), ALLOWED)
                for bit in (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000):
                    self.assertEqual(verdict(name, machine.clone, (bit | 17,)), refused(errno.EPERM))
                self.assertEqual(verdict(name, machine.ioctl, (0, 0x5413)), ALLOWED)
                for request in (TIOCSTI, 0x541C, TIOCSTI | 1 << 40):
                    self.assertEqual(verdict(name, machine.ioctl, (0, request)), refused(errno.EPERM))
                self.assertEqual(verdict(name, machine.socket, (2, 1)), ALLOWED)
                self.assertEqual(verdict(name, machine.socket, (40, 1)), refused(errno.EPERM))
                self.assertEqual(verdict(name, machine.personality, (0,)), ALLOWED)
                self.assertEqual(verdict(name, machine.personality, (0xFFFFFFFF,)), ALLOWED)
                self.assertEqual(verdict(name, machine.personality, (8,)), refused(errno.EPERM))

    def test_other_ways_into_the_system_do_not_exist(self) -> None:
        for name, machine in confine._MACHINES.items():
            self.assertEqual(verdict(name, confine._CLONE3), refused(errno.ENOSYS))
            self.assertEqual(verdict(name, 39, audit=0x40000003), refused(errno.ENOSYS))
            self.assertEqual(verdict(name, 0x40000000 | 39), refused(errno.ENOSYS))


@unittest.skipUnless(platform.machine() in CALLS, "no numbers of this machine's system calls")
class InstalledTest(unittest.TestCase):
    def probe(self, how: str) -> dict[str, Any]:
        numbers = {**CALLS[platform.machine()], "io_uring_setup": 425, "userns by clone3": 435}
        calls = [(name, number, ARGUMENTS[name]) for name, number in numbers.items()]
        done = subprocess.run(
            [sys.executable, "-B", "-c", PROBE, str(SOURCES), how, json.dumps(calls)],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE, check=True,
        )  # fmt: skip
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def test_calls_that_a_plain_process_may_make_fail(self) -> None:
        expected = {name: errno.EPERM for name in ARGUMENTS}
        expected["userns by clone3"] = errno.ENOSYS
        self.assertEqual(self.probe("confined")["answers"], expected)
        plain = self.probe("plain")["answers"]
        self.assertEqual((plain["ptrace"], plain["process_vm_readv"], plain["personality"]), (0, 0, 0))
        self.assertNotEqual(plain["clone"], errno.EPERM)
        self.assertNotEqual(plain["ioctl"], errno.EPERM)
        self.assertNotEqual(plain["socket"], errno.EPERM)

    def test_it_costs_less_than_a_millisecond(self) -> None:
        self.assertLess(min(self.probe("confined")["took"] for _ in range(5)), 0.001)


class KernelTest(unittest.TestCase):
    SAID = "import os, sys, subprocess\nask = 'grep Seccomp: /proc/self/status'\n"
    SAID += "print(open('/proc/self/status').read().split('Seccomp:')[1].split()[0], subprocess.getoutput(ask).split()[-1])"

    def test_kernels_and_what_they_start_are_confined_where_that_is_asked_for(self) -> None:
        for environment, mode in ((CONFINED, "2 2\n"), ({}, "0 0\n")):
            with self.subTest(mode), Host(environment=environment) as host:
                host.open()
                host.execute(self.SAID)
                self.assertEqual(host.text(), mode)

    def test_a_kernel_that_takes_over_is_confined_too(self) -> None:
        with Host(environment=CONFINED) as host:
            host.open()
            host.execute("kept = 1")
            host.settle()
            host.execute("import os; os.kill(os.getpid(), 9)")
            host.execute(self.SAID)
            self.assertEqual(host.text(), "2 2\n")

    def test_threads_processes_and_checkpoints_work_under_it(self) -> None:
        with Host(environment=CONFINED) as host:
            host.open()
            host.execute(
                "import subprocess, threading, multiprocessing\n"
                "thread = threading.Thread(target=print, args=('thread',)); thread.start(); thread.join()\n"
                "print(subprocess.check_output(['echo', 'child']).decode(), end='')\n"
                "with multiprocessing.get_context('fork').Pool(1) as pool: print(pool.map(abs, [-1]))"
            )
            self.assertEqual(host.text(), "thread\nchild\n[1]\n")

    def test_where_it_cannot_be_installed_nothing_runs_and_the_reason_is_told(self) -> None:
        elsewhere = patched(type(self), "confine", "_MACHINES.get(os.uname().machine)", "None")
        with Host(environment=CONFINED, payload=elsewhere) as host:
            refusal = host.call("session.open", name="main")
            self.assertIn("there is no filter of system calls for", json.dumps(refusal["error"]))
            self.assertNotIn("result", refusal)

    @unittest.skipUnless(platform.machine() == "x86_64", "the system of i386 is reached from x86-64 alone")
    def test_the_system_of_another_machine_is_not_there(self) -> None:
        plain = subprocess.run([sys.executable, "-c", OF_INT_80], capture_output=True, text=True, timeout=PATIENCE)
        if plain.returncode:
            self.skipTest("this system has none of i386")
        with Host(environment=CONFINED) as host:
            host.open()
            host.execute(OF_INT_80)
            self.assertEqual(host.text(), f"-{errno.ENOSYS}\n")
