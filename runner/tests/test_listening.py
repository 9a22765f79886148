"""`runner.pyz --listen` as a whole: who is let in, whose stream it is, and when the runner ends."""

from __future__ import annotations

import itertools
import json
import os
import pathlib
import signal
import struct
import subprocess
import sys
import tempfile
import unittest
from typing import Any

from _runner import limits, link, websocket
from _runner.link import Kind
from tests.support.certificates import certify
from tests.support.attached import TOKEN, Attached, Runner
from tests.support.host import PATIENCE, Ended
from tests.support.payload import compiled, patched
from tests.support.processes import alive, children, until_gone
from tests.support.tier import of_the_supervisor

setUpModule = of_the_supervisor


class CommandLineTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.token = pathlib.Path(folder.name, "token")
        self.token.touch(0o600)
        self.token.write_text(TOKEN)

    def refused(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-B", str(compiled() / "__main__.py"), "--listen", *arguments],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE,
        )  # fmt: skip
        self.assertEqual((done.returncode, done.stdout), (64, ""), done.stderr)
        self.assertNotIn(TOKEN, done.stderr)
        return done.stderr

    def test_an_address_that_others_reach_is_refused(self) -> None:  # rule: REC-17
        for address in ("0.0.0.0:0", "192.0.2.1:0", "[::]:0"):
            with self.subTest(address):
                said = self.refused(address, "--token-file", str(self.token))
                self.assertIn("use 127.0.0.1, or give --cert and --key, or say --unsafe-without-tls", said)

    def test_an_address_that_others_reach_is_listened_to_with_tls_or_if_that_is_said_to_be_unsafe(self) -> None:
        # rule: REC-17, REC-20; all sixteen of R38
        certificate, key = certify(self.token.parent)
        certified = ("--cert", str(certificate), "--key", str(key), "--host", "runner.example.org")
        known, unsafe = ("--token-file", str(self.token)), ("--unsafe-without-tls",)
        listened = 0
        for address, token, tls, meant in itertools.product(
            ("127.0.0.1:0", "0.0.0.0:0"), (known, ()), (certified, ()), (unsafe, ())
        ):
            with self.subTest(address=address, token=bool(token), tls=bool(tls), unsafe=bool(meant)):
                arguments = (address, *token, *tls, *meant)
                if token and (address.startswith("127.") or tls or meant):
                    listened += 1
                    self.assertIs(self.listens(*arguments)["tls"], bool(tls))
                elif token:
                    self.assertIn("give --cert and --key", self.refused(*arguments))
                else:
                    self.assertIn("--token-file", self.refused(*arguments))
        self.assertEqual(listened, 7)

    def listens(self, *arguments: str) -> dict[str, Any]:
        """What it says first; it has ended by its leash then."""
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-B", str(compiled() / "__main__.py"), "--listen", *arguments, "--leash"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        with process:
            said = json.loads(process.stdout.readline())
            process.stdin.close()
            self.assertEqual(process.wait(PATIENCE), 0)
        return said

    def test_a_certificate_without_its_key_or_what_is_none_is_refused_with_the_fix(self) -> None:  # rule: REC-20
        folder = self.token.parent
        certificate, key = certify(folder)
        other = folder / "other"
        other.mkdir()
        wrong = certify(other)[1]
        good = ("0.0.0.0:0", "--token-file", str(self.token))
        self.assertIn("belong together", self.refused(*good, "--cert", str(certificate)))
        self.assertIn("belong together", self.refused(*good, "--key", str(key)))
        self.assertIn("belong together", self.refused(*good, "--cert", str(certificate), "--key", str(wrong)))
        self.assertIn("No such file", self.refused(*good, "--cert", str(certificate), "--key", str(key) + "x"))
        self.assertIn("PEM", self.refused(*good, "--cert", str(self.token), "--key", str(key)))
        subprocess.run(
            ["openssl", "pkey", "-in", str(key), "-aes256", "-passout", "pass:secret", "-out", str(wrong)], check=True
        )
        self.assertIn("store it without", self.refused(*good, "--cert", str(certificate), "--key", str(wrong)))
        key.chmod(0o640)
        self.assertIn(f"chmod 600 {key}", self.refused(*good, "--cert", str(certificate), "--key", str(key)))
        self.assertIn("no name of a host", self.refused("127.0.0.1:0", *good[1:], "--host", "a b"))

    def test_what_is_no_address_is_refused_with_one_that_is(self) -> None:
        for address in ("localhost:0", "127.0.0.1", "127.0.0.1:x", ":1", "127.0.0.1:"):
            with self.subTest(address):
                self.assertIn("127.0.0.1:0 takes a free port", self.refused(address, "--token-file", str(self.token)))
        self.assertIn("between 0 and 65535", self.refused("127.0.0.1:65536", "--token-file", str(self.token)))

    def test_a_token_that_others_can_read_is_refused_with_the_fix(self) -> None:  # rule: REC-17
        for mode in (0o640, 0o604, 0o660):
            self.token.chmod(mode)
            self.assertIn(f"chmod 600 {self.token}", self.refused("127.0.0.1:0", "--token-file", str(self.token)))

    def test_a_token_that_is_short_or_missing_is_refused(self) -> None:
        self.token.write_text(TOKEN[: limits.TOKEN_MIN - 1])
        self.assertIn(f"at least {limits.TOKEN_MIN}", self.refused("127.0.0.1:0", "--token-file", str(self.token)))
        self.assertIn("cannot be read", self.refused("127.0.0.1:0", "--token-file", str(self.token) + "x"))
        self.assertIn("cannot be read", self.refused("127.0.0.1:0", "--token-fd", "99"))

    def test_without_a_token_it_does_not_listen(self) -> None:
        self.assertIn("usage", self.refused("127.0.0.1:0"))
        self.assertIn("usage", self.refused("127.0.0.1:0", "--token-file"))
        self.assertIn("usage", self.refused())

    def test_what_is_no_option_or_stands_twice_is_refused(self) -> None:
        good = ("127.0.0.1:0", "--token-file", str(self.token))
        for more in (("--open",), ("--leash", "--leash"), ("--token-file", "x"), ("--token-fd", "3"), ("--detach-ttl",),
                     ("--tombstone-ttl",)):
            with self.subTest(more):
                self.assertIn("usage", self.refused(*good, *more))

    def test_a_time_without_a_host_is_a_duration_of_a_day_at_most(self) -> None:
        good = ("127.0.0.1:0", "--token-file", str(self.token), "--detach-ttl")
        for text in ("15", "-1s", "1d", "", "s", "1e3s", "inf"):
            with self.subTest(text):
                self.assertIn("15m", self.refused(*good, text))
        self.assertIn("24h or less", self.refused(*good, "25h"))

    def test_an_address_in_use_is_named(self) -> None:
        with Runner() as runner:
            self.assertIn(runner.address, self.refused(runner.address, "--token-file", str(self.token)))


class LettingInTest(unittest.TestCase):
    def test_a_wrong_token_a_wrong_path_and_a_foreign_name_are_refused(self) -> None:  # rule: REC-17
        with Runner() as runner:
            self.assertEqual(runner.ask()[0], 200)
            for token in ("", TOKEN[:-1], TOKEN + "x", TOKEN.swapcase()):
                self.assertEqual(runner.ask(token=token)[0], 401)
                self.assertEqual(runner.ask("/v1/link", token=token)[0], 401)
            self.assertEqual(runner.ask("/")[0], 404)
            self.assertEqual(runner.ask("/v1/status/../link")[0], 404)
            self.assertEqual(runner.ask("/v1/link")[0], 426)
            self.assertEqual(runner.ask(Host="evil.example")[0], 403)
            self.assertEqual(runner.ask(Origin="http://" + runner.address)[0], 403)
            self.assertEqual(runner.ask()[0], 200)

    def test_the_status_is_told_before_during_and_after_a_cell_and_changes_nothing(self) -> None:  # rule: REC-18
        with Runner() as runner:
            before = runner.ask()[1]
            self.assertEqual((before["attached"], before["sessions"]), (False, []))
            with Attached(runner) as host:
                session = host.open()
                cell = host.start("while True: pass", session)
                host.flush()
                for probe in range(20):
                    during = runner.ask()[1]
                    self.assertEqual((during["attached"], len(during["sessions"])), (True, 1))
                    self.assertEqual(during["incarnation"], host.incarnation)
                host.call("interrupt", session=session, cell=host.cell(session))
                self.assertEqual(host.finish(cell, session)["outcome"], "interrupted")
                self.assertEqual(runner.ask()[1]["attaches"], 1)
            after = runner.ask()[1]
            self.assertEqual((after["attached"], after["pid"]), (False, before["pid"]))


class StreamTest(unittest.TestCase):
    def test_a_cell_goes_on_without_a_connection_and_nothing_of_it_is_lost(self) -> None:  # rule: W35, REC-2, REC-9
        with Runner() as runner, Attached(runner) as host:
            session = host.open()
            number = host.start("for i in range(20_000): print('line', i)", session)
            host.flush()
            host.cut()
            host.dial()
            self.assertEqual(host.finish(number, session)["outcome"], "completed")
            self.assertEqual(host.text(session), "".join(f"line {i}\n" for i in range(20_000)))
            self.assertEqual(host.attached["attached"], 2)

    def test_a_host_whose_first_answer_was_lost_is_known_by_its_name(self) -> None:  # rule: REC-6
        with Runner() as runner:
            host = Attached(runner, dial=False)
            host.ask_in()
            self.assertEqual(runner.ask()[1]["attaches"], 1)
            host.cut()
            host.dial()
            with host:
                self.assertEqual(host.attached["attached"], 2)
                self.assertEqual(host.execute("print(1)", host.open())["outcome"], "completed")

    def test_a_new_connection_of_the_same_host_ends_the_old_one(self) -> None:  # rule: REC-7
        with Runner() as runner:
            host = Attached(runner)
            session, old = host.open(), host.peer
            host.link.sender.cut()
            with host:
                host.dial()
                rest = b"".join(iter(lambda: old.recv(65_536), b""))
                self.assertIn(websocket.close_frame(4409, "another connection was attached"), rest)
                self.assertEqual(host.execute("print(1)", session)["outcome"], "completed")

    def test_what_is_not_an_attach_or_a_broken_one_ends_the_connection_only(self) -> None:  # rule: REC-4
        with Runner() as runner:
            for attach in ({"received": -1}, {"received": True}, {"incarnation": 7}, {"host": 1}, {"host": "h" * 65},
                           {"takeover": "yes"}, {"received": 5}):  # fmt: skip
                with self.subTest(attach):
                    refused = Attached(runner, **attach)
                    self.assertEqual(refused.refused["code"], "invalid_argument")
                    refused.wait_for_end()
                    self.assertEqual(refused.closed, 4400)
            with Attached(runner) as host:
                self.assertEqual(host.execute("print(1)", host.open())["outcome"], "completed")

    def test_what_is_no_word_ends_the_connection_and_not_the_stream(self) -> None:  # rule: REC-1, REC-2, REC-3
        with Runner() as runner, Attached(runner) as host:
            session = host.open()
            host.execute("kept = 7", session)
            for broken in (b"", b"\x00", b"\x0a", bytes((Kind.ACK,)), bytes((Kind.GOODBYE,)) + b"{", bytes((Kind.RECORD,)),
                           link.encode_number(Kind.ACK, 2**63), link.encode_number(Kind.ACK, 0),
                           struct.pack(">BQQ", Kind.RECORD, 2**40, 0) + b"x"):  # fmt: skip
                with self.subTest(broken):
                    host.say(broken)
                    host.wait_for_end()
                    self.assertEqual(host.closed, 4400)
                    host.cut()
                    host.dial()
            host.say(b"\x80 of a later version")
            self.assertEqual(host.execute("print(kept)", session)["outcome"], "completed")
            self.assertEqual(host.text(session), "7\n")

    def test_a_ping_is_answered_with_its_number(self) -> None:  # rule: REC-16
        with Runner() as runner, Attached(runner) as host:
            host.say(link.encode_number(Kind.PING, 2**64 - 1))
            host.wait_for(lambda: host.heard_pongs)
            self.assertEqual(host.heard_pongs, [2**64 - 1])

    def test_what_is_taken_over_is_acknowledged_without_being_asked(self) -> None:  # rule: REC-13
        with Runner() as runner, Attached(runner) as host:
            host.request("status", {})
            host.flush()
            host.wait_for(lambda: not host.link.sender.unacked)


class AnotherHostTest(unittest.TestCase):
    def test_it_is_refused_while_one_is_attached(self) -> None:  # rule: REC-7
        with Runner() as runner, Attached(runner) as host:
            session = host.open()
            other = Attached(runner)
            self.assertEqual((other.refused["status"], other.refused["code"]), (409, "already_attached"))
            self.assertNotIn("incarnation", other.refused)
            self.assertEqual(host.execute("print(1)", session)["outcome"], "completed")

    def test_it_finds_nothing_of_the_one_that_has_gone(self) -> None:  # rule: W34, REC-8
        with Runner() as runner:
            for leave in ("cut", "close"):
                with self.subTest(leave):
                    host = Attached(runner)
                    session = host.open()
                    host.execute("import subprocess; child = subprocess.Popen(['sleep', '600']); print(child.pid)", session)
                    processes = [host.kernel(session), int(host.text(session))]
                    host.start("print('x' * 1_000_000)\nwhile True: pass", session)
                    host.flush()
                    getattr(host, leave)()
                    with Attached(runner) as other:
                        self.assertNotEqual(other.incarnation, host.incarnation)
                        self.assertEqual(other.hello["incarnation"], other.incarnation)
                        self.assertFalse(any(map(alive, processes)), processes)
                        fresh = other.open()
                        self.assertEqual(other.execute("print(sorted(globals()))", fresh)["outcome"], "completed")
                        self.assertNotIn("child", other.text(fresh))
                        self.assertEqual(len(other.sessions()), 1)

    def test_one_that_takes_over_ends_the_other(self) -> None:  # rule: REC-7, REC-8
        with Runner() as runner:
            host = Attached(runner)
            kernel = host.kernel(host.open())
            with Attached(runner, takeover=True) as other:
                host.wait_for_end()
                self.assertEqual(host.closed, 4409)
                self.assertFalse(alive(kernel))
                self.assertEqual(other.execute("print(1)", other.open())["outcome"], "completed")

    def test_the_one_that_has_lost_its_place_is_told_so(self) -> None:  # rule: REC-8
        with Runner() as runner:
            host = Attached(runner)
            host.open()
            host.cut()
            with Attached(runner) as other:
                host.dial()
                self.assertEqual((host.refused["status"], host.refused["code"]), (410, "epoch_changed"))
                self.assertEqual((host.refused["was"], host.refused["is"]), (host.incarnation, other.incarnation))

    def test_what_the_one_before_asked_for_is_not_answered_to_it(self) -> None:  # rule: REC-8
        with Runner() as runner:
            host = Attached(runner)
            host.start("while True: pass", host.open())
            host.request("evidence", {})  # answered when the kernel has been looked at for a while
            host.flush()
            host.cut()
            with Attached(runner) as other:
                other.open()
                other.call("evidence")  # for which another kernel is looked at as long
                self.assertEqual((other.replies, other.events), ({}, []))

    def test_a_branch_on_its_way_goes_with_its_host(self) -> None:  # rule: REC-8
        with Runner() as runner:
            host = Attached(runner)
            session = host.open()
            host.execute("kept = 1", session)
            os.kill(host.kernel(session), signal.SIGSTOP)  # it will not make the copy that is asked for
            host.request("branch", {"session": session, "name": "other"})
            host.flush()
            host.cut()
            with Attached(runner) as other:
                self.assertEqual(other.execute("print(1)", other.open())["outcome"], "completed")
                self.assertEqual(len(other.sessions()), 1)

    def test_a_session_without_a_process_ends_at_once_and_the_next_host_is_greeted_once(self) -> None:  # rule: REC-8, LIF-1
        with Runner() as runner:
            host = Attached(runner)
            (zygote,) = children(runner.process.pid)
            os.kill(zygote, signal.SIGSTOP)  # it will not make the kernel that is asked for
            host.request("session.open", {"name": "without a kernel"})
            self.assertEqual(host.sessions()[0]["pid"], 0)
            host.cut()
            with Attached(runner) as other:
                self.assertEqual(other.sessions(), [])
                os.kill(zygote, signal.SIGCONT)
                self.assertEqual(other.execute("print(1)", other.open())["outcome"], "completed")


class OneStreamForAllTest(unittest.TestCase):
    """Without the check of whose stream it is, two hosts get into each other's way."""

    def test_a_second_host_would_take_the_place_of_the_first(self) -> None:
        payload = patched(type(self), "attaching", "if held.attached and not attach.takeover:", "if False:")
        with Runner(payload=payload) as runner:
            host = Attached(runner)
            host.open()
            with Attached(runner) as other:
                self.assertFalse(other.refused)
            host.wait_for_end()


class EndTest(unittest.TestCase):
    def test_a_goodbye_ends_the_sessions_and_only_without_a_mode_the_runner(self) -> None:  # rule: REC-15
        with Runner() as runner:
            host = Attached(runner)
            kernel = self.busy(host)
            host.close()
            until_gone([kernel], PATIENCE)
            with Attached(runner) as other:
                other.open()
                other.say(link.encode_said(Kind.GOODBYE, {}))
                self.assertEqual(runner.wait(), 0)

    def test_a_leash_that_is_let_go_ends_it_with_all_that_runs(self) -> None:  # rule: REC-12
        with Runner("--leash") as runner:
            host = Attached(runner)
            kernel = self.busy(host)
            assert runner.process.stdin
            runner.process.stdin.close()
            self.assertEqual(runner.wait(), 0)
            self.assertFalse(alive(kernel))
            host.wait_for_end()

    def test_without_a_leash_its_input_is_nobodys(self) -> None:  # rule: REC-12
        with Runner() as runner:
            assert runner.process.stdin
            runner.process.stdin.close()
            with Attached(runner) as host:
                self.assertEqual(host.execute("print(1)", host.open())["outcome"], "completed")

    def test_without_a_host_for_so_long_it_ends_with_all_that_runs(self) -> None:  # rule: REC-11
        with Runner("--detach-ttl", "50ms", "--tombstone-ttl", "0s") as runner:
            host = Attached(runner)
            kernel = self.busy(host)
            host.cut()
            self.assertEqual(runner.wait(), 0)
            self.assertFalse(alive(kernel))

    def test_a_runner_that_may_not_be_without_a_host_ends_with_the_first(self) -> None:  # rule: REC-11
        with Runner("--detach-ttl", "0s") as runner:
            with Attached(runner) as host:
                host.open()
            self.assertEqual(runner.wait(), 0)

    def test_a_signal_ends_it_with_all_that_runs(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number), Runner() as runner:
                host = Attached(runner)
                kernel = self.busy(host)
                runner.process.send_signal(number)
                self.assertEqual(runner.wait(), 0)
                self.assertFalse(alive(kernel))
                host.wait_for_end()

    @staticmethod
    def busy(host: Attached) -> int:
        session = host.open()
        kernel = host.kernel(session)
        host.start("import time\nprint('in it', flush=True)\ntime.sleep(600)", session)
        host.wait_for(lambda: host.text(session) == "in it\n" if host.output else False)
        return kernel


if __name__ == "__main__":
    unittest.main()
