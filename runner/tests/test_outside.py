"""What a runner in a sandbox inherits: that it works with it, and that no user code has it."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

from tests.support.attached import TOKEN, Attached, Runner
from tests.support.host import PATIENCE
from tests.support.payload import compiled, patched
from tests.support.tier import of_the_supervisor

setUpModule = of_the_supervisor

LISTENING_SOCKETS = """
import os, socket
held = []
for name in os.listdir('/proc/self/fd'):
    try:
        probe = socket.socket(fileno=os.dup(int(name)))
    except OSError:
        continue
    with probe:
        if probe.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) and probe.family == socket.AF_INET:
            held.append(name)
print(held)
"""


def in_memory_of(pid: int, text: bytes) -> bool:
    """Whether a process that is below this one holds the text anywhere."""
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in maps:
            begin, end = (int(number, 16) for number in line.split()[0].split("-"))
            if "r" not in line.split()[1] or "[v" in line:
                continue
            try:
                memory.seek(begin)
                while begin < end:
                    data = memory.read(min(end - begin, 1 << 24))
                    begin += len(data)
                    if text in data:
                        return True
                    if not data:
                        break
            except OSError:
                continue
    return False


class InheritedTest(unittest.TestCase):
    def test_a_runner_serves_a_socket_and_knows_a_token_that_it_did_not_open(self) -> None:  # rule: REC-17
        with Runner("--leash", outside=True) as runner:
            self.assertTrue(runner.address.startswith("127.0.0.1:"))
            self.assertEqual(runner.ask()[0], 200)
            self.assertEqual(runner.ask(token=TOKEN[:-1])[0], 401)
            with Attached(runner) as host:
                host.open()
                host.execute("print(6 * 7)")
                self.assertEqual(host.text(), "42\n")

    def test_no_process_of_user_code_has_the_socket(self) -> None:
        with Runner("--leash", outside=True) as runner, Attached(runner) as host:
            host.open()
            host.execute(LISTENING_SOCKETS)
            self.assertEqual(host.text(), "[]\n")

    def test_a_socket_that_stays_inheritable_would_be_found_there(self) -> None:
        left = patched(type(self), "listening", "listening.set_inheritable(False)", "pass")
        kept = "        _close_all_but({0, 1, 2, main, door})\n"
        text = (left / "_runner" / "zygote.py").read_text(encoding="utf-8")
        (left / "_runner" / "zygote.py").write_text(text.replace(kept, ""), encoding="utf-8")
        with Runner("--leash", outside=True, payload=left) as runner, Attached(runner) as host:
            host.open()
            host.execute(LISTENING_SOCKETS)
            self.assertNotEqual(host.text(), "[]\n")

    def test_the_token_is_in_no_command_line_environment_or_memory_of_user_code(self) -> None:  # rule: REC-17
        token = TOKEN.encode()
        with Runner("--leash", outside=True) as runner, Attached(runner) as host:
            host.open()
            kernel = host.kernel()
            for pid in (runner.process.pid, kernel):
                self.assertNotIn(token, pathlib.Path(f"/proc/{pid}/cmdline").read_bytes())
            self.assertNotIn(token, pathlib.Path(f"/proc/{kernel}/environ").read_bytes())
            self.assertFalse(in_memory_of(kernel, token))
            host.execute(f"kept = {TOKEN!r}")
            self.assertTrue(in_memory_of(host.kernel(), token), "the search finds nothing")


class RefusedTest(unittest.TestCase):
    def refused(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-B", str(compiled() / "__main__.py"), *arguments],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE,
        )  # fmt: skip
        self.assertEqual((done.returncode, done.stdout), (64, ""), done.stderr)
        return done.stderr

    def test_a_descriptor_that_is_no_listening_socket_is_refused(self) -> None:
        self.assertIn("fd:0", self.refused("--listen", "fd:0", "--token-fd", "0"))
        self.assertIn("fd:x", self.refused("--listen", "fd:x", "--token-fd", "0"))
        self.assertIn("fd:99", self.refused("--listen", "fd:99", "--token-fd", "0"))

    def test_a_token_or_a_program_that_is_not_there_is_named(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            token = os.path.join(folder, "token")
            self.assertIn(token, self.refused("outside", token, sys.executable, "-c", "print()"))
            pathlib.Path(token).write_text(TOKEN)
            self.assertIn("cannot be begun", self.refused("outside", token, os.path.join(folder, "none")))
