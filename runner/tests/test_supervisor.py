"""The supervisor with real kernels, driven over pipes."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import unittest

from _runner import limits
from _runner.frames import Flag, FrameKind, encode_credit, encode_fields
from _runner.messages import Message
from tests import SOURCES
from tests.support.gate import Gate
from tests.support.host import Host

ADD = [{"name": "add", "description": "Adds.", "parameters": None}]
# Bounds what the design allows 2 s (LIF-9) on an idle machine.
GONE_SECONDS = 10.0


HEAD = (10).to_bytes(4, "big") + b"\0\0"  # of a message of ten bytes


def chunk(session: int, number: int, flag: Flag, body: bytes) -> bytes:
    """Of an answer to a call that nobody made."""
    return encode_fields(FrameKind.RELAY, int(flag), 0, session, 1, 0, number, body)


def alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[0] not in (b"Z", b"X")
    except OSError:
        return False


class SupervisorTest(unittest.TestCase):
    def test_the_runner_speaks_first_and_says_who_it_is(self) -> None:  # rule: LIF-1
        with Host() as host:
            self.assertEqual((host.hello["magic"], host.hello["protocol"]), ("pyvisor", 1))
            self.assertEqual(host.hello["pid"], host.process.pid)
            self.assertEqual(host.hello["limits"], {"frame": limits.FRAME, "message": limits.MESSAGE})

    def test_state_is_kept_from_cell_to_cell_and_reset_takes_it(self) -> None:  # rule: C2, C3
        with Host() as host:
            host.open()
            host.execute("counter = 40; print('ready')")
            self.assertEqual(host.text(), "ready\n")
            host.execute("counter += 2; print(counter)")
            self.assertEqual(host.text(), "42\n")
            self.assertEqual(host.call("reset", session=1)["result"], {"generation": 2})
            host.execute("print('counter' in globals())")
            self.assertEqual(host.text(), "False\n")

    def test_tools_survive_a_reset_and_a_crash_and_registering_keeps_the_state(self) -> None:  # rule: LIF-11, W5, W12
        with Host() as host:
            host.open()
            host.tools["add"] = lambda a, b: a + b
            host.execute("x = 1")
            host.call("tools.register", session=1, tools=ADD)
            host.execute("print(await add(x, 2))")
            self.assertEqual(host.text(), "3\n")
            host.call("reset", session=1)
            host.execute("print(await add(1, 1))")
            self.assertEqual(host.text(), "2\n")
            host.execute("import os; os._exit(1)")
            host.execute("print(add.sync(4, 4))")
            self.assertEqual(host.text(), "8\n")

    def test_the_reply_comes_after_output_calls_and_report(self) -> None:  # rule: LIF-3
        with Host() as host:
            host.open()
            host.tools["add"] = lambda a, b: a + b
            host.call("tools.register", session=1, tools=ADD)
            for _ in range(50):
                result = host.execute("print('a' * 100_000); add.sync(1, 2); print('b'); 1/0")
                cell = max(cell for _, cell in host.order)
                mine = [what for what, number in host.order if number == cell]
                self.assertEqual(mine[-1], "reply")
                self.assertEqual(mine.count("reply"), 1)
                self.assertLessEqual({"output", "call", "report"}, set(mine))
                self.assertEqual(result["totals"]["toolCalls"], 1)

    def test_each_way_a_kernel_can_die_is_told_as_what_it_was(self) -> None:  # rule: LIF-7, H19
        deaths = {
            "os._exit(7)": {"kind": "exit", "code": 7},
            "os.abort()": {"kind": "signal", "signal": "SIGABRT", "number": 6},
            "os.kill(os.getpid(), 9)": {"kind": "signal", "signal": "SIGKILL", "number": 9},
            "import ctypes; ctypes.string_at(0)": {"kind": "signal", "signal": "SIGSEGV", "number": 11},
            "os.execv('/bin/sleep', ['sleep', '60'])": {"kind": "channel", "detail": "the kernel closed its channel"},
        }
        with Host() as host:
            host.open(checkpoint="never")
            for generation, (death, cause) in enumerate(deaths.items(), 1):
                with self.subTest(death):
                    host.execute("import os; kept = 1")
                    result = host.execute(f"print('before', end=''); {death}")
                    self.assertEqual((result["outcome"], result["cause"]), ("crashed", cause))
                    self.assertEqual(host.text(), "before")
                    self.assertEqual(result["state"]["source"], "fresh")
                    self.assertLessEqual({"kept", "os"}, set(result["state"]["lost"]))
                    host.wait_for(lambda: host.events)
                    event = host.events.pop()
                    self.assertEqual(event["params"]["generation"], generation + 1)
                    self.assertEqual(host.execute("print(1)")["generation"], generation + 1)

    def test_a_kernel_that_dies_between_cells_is_replaced_and_said_so(self) -> None:
        with Host() as host:
            host.open(checkpoint="never")
            host.execute("import os, threading; x = 1; threading.Timer(0.05, os._exit, [3]).start()")
            host.wait_for(lambda: host.events)
            self.assertEqual(host.events[0]["method"], "generation")
            self.assertIn("x", host.events[0]["params"]["state"]["lost"])
            self.assertEqual(host.execute("print('x' in globals())")["generation"], 2)

    def test_output_after_the_cell_is_late_and_in_nobodys_totals(self) -> None:  # rule: LIF-6
        with Host() as host:
            host.open()
            host.execute("import subprocess; p = subprocess.Popen(['sh', '-c', 'read x; echo late'], stdin=-1)")
            host.execute("import os; fd = p.stdin.fileno()")
            pid = host.start("import threading; threading.Timer(0.05, lambda: os.write(fd, b'go\\n')).start()")
            host.answer(pid)
            host.wait_for(lambda: host.late)
            self.assertEqual(bytes(host.late), b"late\n")

    def test_a_grandchild_that_holds_the_pipes_delays_nothing(self) -> None:  # rule: H18
        with Host() as host:
            host.open()
            host.execute("import subprocess, os; p = subprocess.Popen(['sleep', '300']); print(p.pid)")
            pid = int(host.text())
            self.assertEqual(host.execute("os._exit(3)")["cause"], {"kind": "exit", "code": 3})
            self.assertTrue(alive(pid))
            host.close()
            self.assertFalse(alive(pid))

    def test_when_the_host_goes_everything_goes(self) -> None:  # rule: LIF-9
        host = Host()
        host.wait_for(lambda: host.hello)
        host.open()
        escape = "setsid sh -c 'setsid sleep 301 & echo $!; wait' & sleep 302 & echo $!"
        host.execute(f"import subprocess; subprocess.Popen(['sh', '-c', {escape!r}]); import os; os.write(1, b'%d\\n' % os.getpid())")
        host.wait_for(lambda: len((host.text() + host.late.decode()).split()) == 3)
        pids = [int(pid) for pid in (host.text() + host.late.decode()).split()]
        host.start("while True: pass")
        start = time.monotonic()
        self.assertEqual(host.close(), 0)
        self.assertLess(time.monotonic() - start, GONE_SECONDS)
        self.assertEqual([pid for pid in pids if alive(pid)], [])
        self.assertEqual(host.errors, "")

    def test_without_credit_nothing_is_lost_and_control_still_works(self) -> None:  # rule: TRN-1, TRN-2, TRN-3
        with Host() as host:
            host.open()
            host.gives_credit = False
            cell = host.start("print('x' * 5_000_000)")
            host.wait_for(lambda: len(host.output.get((1, 1, FrameKind.STDOUT), b"")) == limits.OUTPUT_WINDOW)
            self.assertEqual(host.call("status")["result"]["sessions"][0]["state"], "busy")
            self.assertEqual(len(host.output[1, 1, FrameKind.STDOUT]), limits.OUTPUT_WINDOW)
            host.gives_credit = True
            host.send_bytes(encode_credit(1, 1, limits.OUTPUT_WINDOW))
            result = host.answer(cell)["result"]
            self.assertEqual(result["totals"]["stdout"]["bytes"], 5_000_001)
            self.assertEqual(len(host.output[1, 1, FrameKind.STDOUT]), 5_000_001)

    def test_bytes_beyond_the_credit_end_the_connection(self) -> None:  # rule: TRN-4
        host = Host()
        host.wait_for(lambda: host.hello)
        host.open()
        host.execute("pass")
        host.start("import time; time.sleep(60)")
        head = (60_000_000).to_bytes(4, "big") + b"\0\0"
        flood = [
            encode_fields(FrameKind.RELAY, 1, 0, 1, 1, 1, 9, head + bytes(limits.FRAME_BODY - len(head)))
        ] + [encode_fields(FrameKind.RELAY, 0, 0, 1, 1, 1, 9, bytes(limits.FRAME_BODY))] * 300
        for data in flood:
            # In two parts each, so that this host's own credit does not hold them back.
            host.send_bytes(data[:10])
            host.send_bytes(data[10:])
        host.wait_for_end()
        self.assertEqual(host.close(), 70)
        self.assertIn("TRN-4", host.errors)

    def test_large_calls_go_both_ways_through_tiny_pipes(self) -> None:  # rule: H1, C115
        with Host(pipe_size=4096) as host:
            host.open()
            host.tools["echo"] = lambda value: value
            host.call("tools.register", session=1, tools=[{"name": "echo", "parameters": None}])
            result = host.execute(
                "import asyncio\n"
                "texts = [chr(97 + i) * 950_000 for i in range(12)]\n"
                "print(await asyncio.gather(*map(echo, texts)) == texts)"
            )
            self.assertEqual((result["outcome"], host.text()), ("completed", "True\n"))
            self.assertEqual(result["totals"]["toolCalls"], 12)

    def test_garbage_from_the_host_ends_the_runner_loudly(self) -> None:  # rule: FRM-2, FRM-7, H5
        for garbage in (b"hello\n", b"\xff\xfe\xfd", b"{}", encode_fields(99, 0, 0, 0, 0, 0, 0, b"")):
            with self.subTest(garbage):
                host = Host()
                host.wait_for(lambda: host.hello)
                host.send_bytes(garbage)
                host.wait_for_end()
                self.assertEqual(host.replies[None]["error"]["data"]["code"], "malformed_frame")
                self.assertEqual(host.close(), 70)
                self.assertIn(garbage[:6].hex(" "), host.errors)

    def test_an_end_inside_a_frame_is_an_error_and_between_frames_is_none(self) -> None:  # rule: FRM-6
        host = Host()
        host.wait_for(lambda: host.hello)
        host.send_bytes(b"\0\0\0")
        host.wait_for(lambda: not host._queue)
        self.assertEqual(host.close(), 70)

    def test_sessions_have_state_of_their_own_and_run_side_by_side(self) -> None:
        with Host() as host:
            sessions = [host.open(f"s{n}") for n in range(5)]
            self.assertEqual(sessions, [1, 2, 3, 4, 5])
            waiting = [host.start("import time; time.sleep(0.2); x = 1", session) for session in sessions]
            for number in waiting:
                self.assertEqual(host.answer(number)["result"]["outcome"], "completed")
            host.execute("y = 2", session=1)
            host.execute("print('y' in globals())", session=2)
            self.assertEqual(host.text(2), "False\n")

    def test_a_second_cell_is_refused_and_leaves_the_first_alone(self) -> None:  # rule: LIF-2
        with Host() as host:
            host.open()
            host.tools["wait"] = lambda: None
            gate = Gate(self)
            first = host.start(f"{gate.wait}\nprint('first')")
            second = host.request("execute", {}, 1, 2, [b"x" * 200_000])
            self.assertEqual(host.answer(second)["error"]["data"]["code"], "invalid_state")
            gate.open()
            self.assertEqual(host.answer(first)["result"]["outcome"], "completed")
            host._cells[1] = 2
            host.execute("print('third')")
            self.assertEqual(host.text(), "third\n")

    def test_bad_requests_are_refused_by_name_and_change_nothing(self) -> None:  # rule: SES-7, ERR-3
        with Host() as host:
            host.open()
            host.execute("x = 1")
            table = [
                (host.request("nope", {}), "method_not_found", "nope"),
                (host.request("nope", {}, session=1, cell=2), "method_not_found", "nope"),
                (host.request("execute", {}, session=9, cell=1, attachments=[b""]), "session_not_found", "9"),
                (host.request("execute", {"value": 3}, 1, 2, [b""]), "invalid_argument", "3"),
                (host.request("execute", {}, 1, 1, [b""]), "invalid_argument", "1 is not above 1"),
                (host.request("variable.get", {}, 1, 2), "invalid_argument", "name"),
                (host.request("session.open", {"name": ""}), "invalid_argument", "name"),
                (host.request("session.open", {"name": "main"}), "invalid_state", "main"),
                (host.request("session.open", {"name": "b", "workspace": "/none/such"}), "invalid_argument", "/none/such"),
                (host.request("session.open", {"name": "b", "logging": "LOUD"}), "invalid_argument", "LOUD"),
                (host.request("session.open", {"name": "b", "generation": 0}), "invalid_argument", "0"),
                (host.request("session.open", {"name": "b", "generation": True}), "invalid_argument", "true"),
                (host.request("session.close", {"session": True}), "invalid_argument", "true"),
                (host.request("reset", {"session": 7}), "session_not_found", "7"),
                (host.request("tools.register", {"session": 1, "tools": [{"name": "a b"}]}), "invalid_argument", "a b"),
            ]
            for number, code, shown in table:
                with self.subTest(code=code, shown=shown):
                    error = host.answer(number)["error"]
                    self.assertEqual(error["data"]["code"], code)
                    self.assertIn(shown, error["message"])
            host.execute("print(x)")
            self.assertEqual(host.text(), "1\n")

    def test_sessions_beyond_the_limit_are_refused_with_the_numbers(self) -> None:
        with Host() as host:
            for number in range(limits.SESSIONS):
                host.open(str(number))
            error = host.call("session.open", name="more")["error"]
            self.assertEqual(error["data"]["code"], "resource_exhausted")
            self.assertEqual((error["data"]["current"], error["data"]["max"]), (limits.SESSIONS, limits.SESSIONS))
            self.assertEqual(host.call("session.close", session=1)["result"], {})
            self.assertEqual(host.open("more"), limits.SESSIONS + 1)

    def test_a_session_that_another_runner_had_goes_on_with_its_next_generation(self) -> None:  # rule: LIF-7, C83
        with Host() as host:
            opened = host.call("session.open", name="main", generation=7)["result"]
            self.assertEqual(opened["generation"], 7)
            host.execute("print('seven')")
            self.assertEqual(host.text(), "seven\n")
            self.assertEqual(host.call("reset", session=1)["result"], {"generation": 8})

    def test_a_private_workspace_of_a_runner_that_was_killed_is_private_again(self) -> None:  # rule: C83
        with tempfile.TemporaryDirectory() as folder:
            environment = {"PYVISOR_DIR": folder}
            kept = os.path.join(folder, "workspace-of-before")
            os.mkdir(kept)
            with open(os.path.join(kept, "file"), "w") as file:
                file.write("still here")
            with Host(environment=environment) as host:
                self.assertEqual(host.call("session.open", name="main", workspace=kept)["result"]["workspace"], kept)
                host.execute("print(open('file').read())")
                self.assertEqual(host.text(), "still here\n")
                self.assertEqual(host.call("session.close", session=1)["result"], {})
                self.assertFalse(os.path.exists(kept))
                own = os.path.join(folder, "own")
                os.mkdir(own)
                host.call("session.open", name="main", workspace=own)
            self.assertTrue(os.path.exists(own))

    def test_a_private_workspace_is_made_and_removed(self) -> None:
        with Host() as host:
            opened = host.call("session.open", name="main")["result"]
            self.assertEqual(os.stat(opened["workspace"]).st_mode & 0o777, 0o700)
            host.execute("import os; print(os.getcwd()); open('left', 'w').close()")
            self.assertEqual(host.text().strip(), os.path.realpath(opened["workspace"]))
        self.assertFalse(os.path.exists(opened["workspace"]))

    def test_a_ping_is_answered_while_a_cell_spins(self) -> None:
        with Host() as host:
            host.open()
            cell = host.start("for i in range(3 * 10**6): pass")
            host.send_bytes(encode_fields(FrameKind.PING, 0, 0, 0, 0, 0, 0, b"\xbe\xef"))
            host.wait_for(lambda: host.pongs)
            self.assertEqual(host.pongs, [b"\xbe\xef"])
            host.answer(cell)

    def test_late_and_unknown_answers_to_calls_are_dropped_however_many(self) -> None:  # rule: SES-4, LIF-8, W25
        with Host() as host:
            host.open()
            host.execute("pass")
            for number in range(180):
                answer = b'{"jsonrpc":"2.0","id":%d,"result":1}' % number
                host.send(Message(FrameKind.RELAY, 0, 1, (0, 1, 7)[number % 3], 1, 500 + number, answer))
            self.assertEqual(host.execute("print('well')")["outcome"], "completed")
            self.assertEqual((host.text(), host.errors), ("well\n", ""))

    def test_what_was_half_told_to_a_closed_session_is_forgotten_and_its_rest_dropped(self) -> None:  # rule: LIF-8
        with Host() as host:
            first = host.open("first")
            for number in range(limits.OPEN_MESSAGES):
                host.send_bytes(chunk(first, number, Flag.FIRST, HEAD))
            self.assertEqual(host.call("session.close", session=first)["result"], {})
            host.send_bytes(chunk(first, 1, Flag.LAST, b"0123456789"))
            host.send_bytes(chunk(first, 1, Flag.FIRST, HEAD))
            second = host.open("second")
            host.send_bytes(chunk(second, 1, Flag.FIRST, HEAD))
            self.assertEqual(host.execute("print('well')", session=second)["outcome"], "completed")
        self.assertEqual(host.errors, "")

    def test_a_chunk_for_a_session_that_never_was_is_refused(self) -> None:  # rule: FRM-13
        host = Host()
        host.wait_for(lambda: host.hello)
        host.send_bytes(chunk(host.open() + 1, 1, Flag.LAST, b"0123456789"))
        host.wait_for_end()
        self.assertEqual(host.close(), 70)
        self.assertIn("FRM-13", host.errors)

    def test_shutdown_is_answered_and_then_the_runner_ends(self) -> None:
        host = Host()
        host.wait_for(lambda: host.hello)
        host.open()
        self.assertEqual(host.call("shutdown")["result"], {})
        host.wait_for_end()
        self.assertEqual(host.close(), 0)

    def test_the_supervisor_holds_no_user_code_and_cannot_be_read_by_it(self) -> None:
        if os.geteuid() == 0:
            self.skipTest("root reads everything")
        with Host() as host:
            host.open()
            host.execute("import os\ntry:\n  os.listdir(f'/proc/{os.getppid()}/fd')\nexcept OSError as e:\n  print('no')")
            self.assertEqual(host.text(), "no\n")

    def test_a_kernel_that_writes_garbage_to_its_channel_is_ended(self) -> None:  # rule: H22
        with Host() as host:
            host.open()
            result = host.execute(
                "import os\n"
                "for fd in range(100, 120):\n"
                "  try:\n"
                "    if 'socket' in os.readlink(f'/proc/self/fd/{fd}'): os.write(fd, b'garbage!' * 10)\n"
                "  except OSError: pass\n"
                "import time; time.sleep(30)"
            )
            self.assertEqual((result["outcome"], result["cause"]["kind"]), ("crashed", "channel"))
            self.assertIn("FRM-2", result["cause"]["detail"])

    def test_without_a_host_the_command_says_how_it_is_used(self) -> None:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-B", str(SOURCES), "nonsense"], capture_output=True, text=True, timeout=30
        )
        self.assertEqual(done.returncode, 64)
        self.assertIn("usage", done.stderr)


if __name__ == "__main__":
    unittest.main()
