"""A session's orderings, with a kernel that does exactly what the test says, in exactly that order."""

from __future__ import annotations

import os
import unittest
from unittest import mock

from _runner import limits
from _runner.errors import RpcError
from _runner.frames import Frame, FrameKind, InnerFlag, encode
from _runner.linux import Ended
from _runner.session import STDOUT
from tests.support.scripted import MESSAGE, RELAY, Stage

CALL = b'{"jsonrpc":"2.0","id":7,"method":"tool.call","params":{"name":"add","args":[],"kwargs":{}}}'
REPORT = b'{"jsonrpc":"2.0","method":"cell.report","params":{}}'


class EndOfACellTest(unittest.TestCase):
    def test_what_the_pipes_hold_at_the_end_goes_out_before_the_reply(self) -> None:  # rule: LIF-3, LIF-5
        with Stage() as stage:
            kernel = stage.open()
            stage.execute(1)
            # Said first, written second, read by nobody yet: only looking into the pipes finds it.
            kernel.send(RELAY, REPORT, cell=1)
            kernel.say("returned", outcome="completed", cpuNanos=1)
            os.write(kernel.out, b"one")
            os.write(kernel.err, b"two")
            kernel.say("done", toolCalls=0, peakMemoryBytes=2)
            stage.until(lambda: "completed" in stage.seen)
            self.assertEqual(stage.seen[-1], "completed")
            self.assertEqual(set(stage.seen[:-1]), {"cell.report", "out one", "err two"})
            totals = stage.envelopes[-1]["result"]["totals"]
            self.assertEqual((totals["stdout"]["bytes"], totals["stderr"]["bytes"]), (3, 3))

    def test_output_alone_ends_no_cell(self) -> None:  # rule: LIF-5
        with Stage() as stage:
            kernel = stage.open()
            stage.execute(1)
            os.write(kernel.out, b"all of it")
            kernel.say("returned", outcome="completed", cpuNanos=1)
            stage.until(lambda: "out all of it" in stage.seen)
            stage.settle()
            self.assertEqual(stage.seen, ["out all of it"])
            kernel.say("done", toolCalls=0, peakMemoryBytes=2)
            stage.until(lambda: "completed" in stage.seen)

    def test_a_kernel_that_does_not_come_to_a_cells_end_is_ended_unless_the_host_holds_it_up(self) -> None:  # rule: LIF-7
        with mock.patch.object(limits, "END_BUDGET", 0.01), Stage() as stage:
            kernel = stage.open()
            stage.execute(1)
            stage.state.purses[STDOUT].left = 0
            kernel.say("returned", outcome="completed", cpuNanos=1)
            later: list[bool] = []
            stage.loop.after(0.1, lambda: later.append(True))
            stage.until(lambda: later)
            held = stage.session.kernel
            assert held is not None and held.fault is None
            stage.session.credit(STDOUT, 100)
            stage.until(lambda: held.fault)
            self.assertIn("had not come to the cell's end", held.fault or "")
            _, status = os.waitpid(kernel.pid, 0)
            stage.session.kernel_ended(held, Ended(kernel.pid, status, 0))
            stage.until(lambda: "crashed" in stage.seen)
            told = next(said["result"] for said in stage.envelopes if said.get("result", {}).get("outcome") == "crashed")
            self.assertIn("cell's end", told["cause"]["detail"])

    def test_one_alarm_looks_after_the_ends_of_all_cells(self) -> None:
        with Stage() as stage:
            kernel = stage.open()
            with mock.patch.object(stage.loop, "after", wraps=stage.loop.after) as after:
                for number in range(1, 21):
                    stage.execute(number)
                    kernel.done()
                    stage.until(lambda: stage.seen.count("completed") == number)
            armed = [call for call in after.call_args_list if call.args[0] == limits.END_BUDGET]
            self.assertEqual(len(armed), 1)

    def test_an_alarm_set_for_an_earlier_cell_gives_the_next_one_its_whole_time(self) -> None:  # rule: LIF-7
        with mock.patch.object(limits, "END_BUDGET", 0.05), Stage() as stage:
            kernel = stage.open()
            stage.execute(1)
            kernel.done()
            stage.until(lambda: "completed" in stage.seen)
            with mock.patch.object(limits, "END_BUDGET", 60.0):
                stage.execute(2)
                kernel.say("returned", outcome="completed", cpuNanos=1)
                later: list[bool] = []
                stage.loop.after(0.2, lambda: later.append(True))
                stage.until(lambda: later)
                held = stage.session.kernel
                assert held is not None
                self.assertIsNone(held.fault)
                kernel.say("done", toolCalls=0, peakMemoryBytes=2)
                stage.until(lambda: stage.seen.count("completed") == 2)

    def test_the_reply_waits_for_output_that_has_no_credit_and_goes_at_once_when_it_has(self) -> None:  # rule: TRN-2
        with Stage() as stage:
            kernel = stage.open()
            stage.state.purses[STDOUT].left = 2
            stage.execute(1)
            os.write(kernel.out, b"abcd")
            kernel.done()
            stage.until(lambda: "out ab" in stage.seen)
            stage.settle()
            self.assertEqual(stage.seen, ["out ab"])
            stage.session.credit(STDOUT, 2)
            stage.until(lambda: "completed" in stage.seen)
            self.assertEqual(stage.seen, ["out ab", "out cd", "completed"])

    def test_what_is_written_after_the_end_is_late_even_when_the_reply_still_waits(self) -> None:  # rule: LIF-6
        with Stage() as stage:
            kernel = stage.open()
            stage.state.purses[STDOUT].left = 2
            stage.execute(1)
            os.write(kernel.out, b"abcd")
            kernel.done()
            stage.until(lambda: "out ab" in stage.seen)
            stage.settle()
            os.write(kernel.out, b"late")
            stage.session.credit(STDOUT, 100)
            stage.until(lambda: "late out late" in stage.seen)
            self.assertEqual(stage.seen, ["out ab", "out cd", "completed", "late out late"])
            self.assertEqual(stage.envelopes[-1]["result"]["totals"]["stdout"]["bytes"], 4)

    def test_calls_that_threads_made_before_the_end_go_out_before_the_reply(self) -> None:  # rule: LIF-3
        with Stage() as stage:
            kernel = stage.open()
            stage.execute(1)
            with kernel.open_channel() as way:
                kernel.send(RELAY, CALL, int(InnerFlag.CALL), 1, way)
                kernel.done()
                stage.until(lambda: "completed" in stage.seen)
                self.assertEqual(stage.seen, ["tool.call", "completed"])
                self.assertEqual(stage.envelopes[-1]["result"]["totals"]["toolCalls"], 1)
                call = next(frame for frame in stage.frames if frame.kind == RELAY)
                self.assertEqual((call.channel, call.session, call.generation, call.cell), (1, 1, 1, 1))
                self.assertEqual(call.flags & InnerFlag.CALL, 0)

    def test_a_cell_may_be_claimed_only_if_it_is_the_last_or_the_one_before(self) -> None:  # rule: LIF-13
        with Stage() as stage:
            kernel = stage.open()
            for cell in (3, 5):
                stage.execute(cell)
                kernel.done()
                stage.until(lambda: stage.seen.count("completed") == (cell + 1) // 2 - 1)
            for claimed in (0, 1, 3, 5, 6):
                kernel.send(RELAY, REPORT, cell=claimed)
            stage.until(lambda: stage.seen.count("cell.report") == 5)
            cells = [frame.cell for frame in stage.frames if frame.kind == RELAY]
            self.assertEqual(cells, [5, 5, 3, 5, 5])


class EndOfAKernelTest(unittest.TestCase):
    def test_a_death_is_told_after_the_last_words_and_before_the_new_generation(self) -> None:  # rule: LIF-7
        with Stage() as stage:
            kernel = stage.open()
            stage.execute(1)
            kernel.send(RELAY, CALL, int(InnerFlag.CALL), 1)
            os.write(kernel.err, b"last words")
            stage.session.kernel_ended(stage.session.kernel, kernel.die(11))
            stage.until(lambda: "generation" in stage.seen)
            self.assertEqual(stage.seen, ["tool.call", "err last words", "crashed", "generation"])
            result = stage.envelopes[-2]["result"]
            self.assertEqual(result["cause"], {"kind": "signal", "signal": "SIGSEGV", "number": 11})
            self.assertEqual((result["generation"], result["peakMemoryBytes"]), (1, 4096))
            self.assertEqual(result["totals"]["toolCalls"], 1)

    def test_a_death_is_told_although_a_descendant_holds_the_pipes(self) -> None:  # rule: H18
        with Stage() as stage:
            kernel = stage.open()
            held = os.dup(kernel.out)
            stage.execute(1)
            os.write(kernel.out, b"before")
            stage.session.kernel_ended(stage.session.kernel, kernel.die(0))
            stage.until(lambda: "generation" in stage.seen)
            self.assertEqual(stage.seen, ["out before", "crashed", "generation"])
            os.write(held, b"after")
            os.close(held)
            stage.until(lambda: "late out after" in stage.seen)
            self.assertEqual(stage.frames[-1].generation, 1)

    def test_a_cell_that_was_done_before_the_death_is_completed_and_the_death_told_next(self) -> None:
        with Stage() as stage:
            kernel = stage.open()
            stage.execute(1)
            kernel.done(names=["x"])
            stage.session.kernel_ended(stage.session.kernel, kernel.die(0))
            stage.until(lambda: "generation" in stage.seen)
            self.assertEqual(stage.seen, ["completed", "generation"])
            self.assertEqual(stage.envelopes[-1]["params"]["state"]["lost"], ["x"])

    def test_a_closed_channel_of_a_living_process_ends_the_kernel(self) -> None:  # rule: H15
        with Stage() as stage:
            kernel = stage.open()
            stage.execute(1)
            kernel.main.close()
            driven = stage.session.kernel
            assert driven is not None
            stage.until(lambda: driven._killed)
            stage.session.kernel_ended(driven, kernel.die(9))
            stage.until(lambda: "generation" in stage.seen)
            cause = stage.envelopes[-2]["result"]["cause"]
            self.assertEqual(cause, {"kind": "channel", "detail": "the kernel closed its channel"})

    def test_the_rest_of_a_message_never_reaches_a_successor(self) -> None:  # rule: LIF-8
        with Stage() as stage:
            kernel = stage.open()
            rest = stage.execute(1, size=300_000)
            self.assertTrue(rest)
            stage.session.kernel_ended(stage.session.kernel, kernel.die(9))
            stage.until(lambda: "generation" in stage.seen)
            successor = stage.kernel
            successor.born()
            successor.say("ready", pid=successor.pid)
            for frame in rest:
                stage.session.intake.operate(frame, None)
            stage.execute(2, number=77)
            head = successor.main.recv(limits.FRAME_HEADER)
            self.assertEqual(int.from_bytes(head[20:24], "big"), 77)
            till = stage.state.till
            self.assertEqual(till.left + till.consumed, limits.KERNEL_WINDOW)  # nothing of it keeps its credit

    def test_a_message_half_told_does_not_collide_with_the_reply(self) -> None:  # rule: FRM-12
        with Stage() as stage:
            kernel = stage.open()
            stage.execute(1)
            for number in range(1, 4):
                # The beginning of a message of two frames, under each number that a reply might have.
                head = (100_000).to_bytes(4, "big") + b"\0\0"
                kernel.main.sendall(_frame(RELAY, 1, 1, number, head + bytes(10)))
            stage.session.kernel_ended(stage.session.kernel, kernel.die(9))
            stage.until(lambda: "generation" in stage.seen)
            self.assertEqual(stage.seen, ["crashed", "generation"])

    def test_rules_that_a_kernel_breaks_end_it(self) -> None:  # rule: H22
        breaches = {
            "FRM-2": b"garbage",
            "FRM-5": _frame(int(FrameKind.STDOUT), 0, 1, 0, b"x"),
            "FRM-10": _frame(RELAY, 3, 1, 1, b"\0\0\0\7\0\0{}"),
            "FRM-11": _frame(RELAY, 1, 1, 1, b"\xff\0\0\0\0\0{}"),
            "FRM-12": _frame(RELAY, 3, 1, 2**31, b"\0\0\0\2\0\0{}"),
            "FRM-13": _frame(RELAY, 2, 1, 1, b"{}"),
            "SES-2": _frame(MESSAGE, 3, 1, 1, b"\0\0\0\2\0\0{}"),
            "LIF-5": _frame(MESSAGE, 3, 1, 1, b"\0\0\0\x21\0\0" + b'{"jsonrpc":"2.0","method":"done"}'),
        }
        for rule, data in breaches.items():
            with self.subTest(rule), Stage() as stage:
                kernel = stage.open()
                stage.execute(1)
                driven = stage.session.kernel
                assert driven is not None
                kernel.main.sendall(data)
                stage.until(lambda: driven._killed)
                stage.session.kernel_ended(driven, kernel.die(9))
                stage.until(lambda: "generation" in stage.seen)
                cause = stage.envelopes[-2]["result"]["cause"]
                self.assertEqual(cause["kind"], "channel")
                self.assertIn(rule, cause["detail"])


class BeginningTest(unittest.TestCase):
    def test_a_kernel_that_dies_before_it_is_ready_refuses_the_opening_with_its_words(self) -> None:  # rule: H9
        with Stage() as stage:
            stage.session.open(stage.request("session.open"))
            stage.kernel.born()
            os.write(stage.kernel.err, b"no module named x")
            driven = stage.session.kernel
            assert driven is not None
            stage.session.kernel_ended(driven, stage.kernel.die(256))
            stage.until(lambda: "execution_failed" in stage.seen)
            self.assertIn("exit status 1", stage.envelopes[-1]["error"]["message"])
            self.assertIn("no module named x", stage.envelopes[-1]["error"]["message"])
            self.assertTrue(stage.closed)

    def test_a_kernel_that_cannot_be_forked_refuses_the_opening(self) -> None:
        with Stage() as stage:
            stage.session.open(stage.request("session.open"))
            stage.kernel.fail("fork: no more processes")
            stage.until(lambda: "execution_failed" in stage.seen)
            self.assertIn("no more processes", stage.envelopes[-1]["error"]["message"])

    def test_a_successor_that_fails_settles_what_waits_and_a_reset_helps(self) -> None:
        with Stage() as stage:
            kernel = stage.open()
            stage.session.kernel_ended(stage.session.kernel, kernel.die(9))
            stage.execute(1)  # waits for the successor
            stage.kernel.fail("fork: no more processes")
            stage.until(lambda: "never_started" in stage.seen)
            self.assertEqual(stage.seen, ["generation", "never_started"])
            self.assertEqual(stage.session.condition, "failed")
            stage.execute(2)
            stage.until(lambda: "execution_failed" in stage.seen)
            stage.session.reset(stage.request("reset"))
            stage.kernel.born()
            stage.kernel.say("ready", pid=stage.kernel.pid)
            stage.until(lambda: "reply" in stage.seen)
            reply, told = stage.envelopes[-2:]
        self.assertEqual(reply["result"], {"generation": 3})
        self.assertEqual((told["method"], told["params"]["reason"]), ("generation", "reset"))

    def test_a_verb_waits_for_the_kernel_that_is_on_its_way(self) -> None:  # rule: LIF-18
        with Stage() as stage:
            kernel = stage.open()
            stage.session.kernel_ended(stage.session.kernel, kernel.die(9))
            conditions: list[str] = []
            stage.session.when_ready(stage.request("rollback"), lambda: conditions.append(stage.session.condition))
            self.assertEqual(conditions, [])
            stage.kernel.born()
            stage.kernel.say("ready", pid=stage.kernel.pid)
            stage.until(lambda: conditions)
            self.assertEqual(conditions, ["idle"])

    def test_a_verb_that_waits_for_a_kernel_in_vain_is_refused(self) -> None:  # rule: LIF-18
        with Stage() as stage:
            kernel = stage.open()
            stage.session.kernel_ended(stage.session.kernel, kernel.die(9))
            stage.session.when_ready(stage.request("rollback"), lambda: self.fail("there is no kernel"))
            stage.kernel.fail("fork: no more processes")
            stage.until(lambda: "execution_failed" in stage.seen)

    def test_ready_may_be_read_before_the_zygotes_answer(self) -> None:
        with Stage() as stage:
            stage.session.open(stage.request("session.open"))
            stage.kernel.say("ready", pid=1)  # what it claims is not believed
            stage.until(lambda: "reply" in stage.seen)
            driven = stage.session.kernel
            assert driven is not None
            self.assertEqual(driven.pid, stage.kernel.pid)

    def test_a_reset_right_after_a_death_is_answered_by_the_successor(self) -> None:
        with Stage() as stage:
            kernel = stage.open()
            stage.session.kernel_ended(stage.session.kernel, kernel.die(9))
            stage.session.reset(stage.request("reset"))
            stage.session.reset(stage.request("reset"))
            stage.kernel.born()
            stage.kernel.say("ready", pid=stage.kernel.pid)
            stage.until(lambda: stage.seen.count("reply") == 2)
            self.assertEqual(stage.envelopes[-1]["result"], {"generation": 2})

    def test_a_reset_is_refused_while_a_cell_runs(self) -> None:
        with Stage() as stage:
            stage.open()
            stage.execute(1)
            with self.assertRaisesRegex(RpcError, "busy"):
                stage.session.reset(stage.request("reset"))


class CloseTest(unittest.TestCase):
    def test_a_running_cell_is_cancelled_with_its_output_and_then_the_close_is_answered(self) -> None:  # rule: SES-10
        with Stage() as stage:
            kernel = stage.open()
            stage.execute(1)
            os.write(kernel.out, b"so far")
            stage.session.close(stage.request("session.close"))
            driven = stage.session.kernel
            assert driven is not None
            stage.session.kernel_ended(driven, kernel.die(9))
            stage.until(lambda: "reply" in stage.seen)
            self.assertEqual(stage.seen, ["out so far", "cancelled", "reply"])
            self.assertTrue(stage.closed)

    def test_a_kernel_that_will_not_die_does_not_hold_the_close(self) -> None:  # rule: I7
        with Stage() as stage:
            stage.open()
            stage.session.close(stage.request("session.close"))
            stage.until(lambda: "reply" in stage.seen)
            self.assertTrue(stage.closed)


def _frame(kind: int, flags: int, cell: int, number: int, body: bytes) -> bytes:
    return encode(Frame(kind, flags, 0, 0, 0, cell, number, body))


if __name__ == "__main__":
    unittest.main()
