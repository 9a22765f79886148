"""legacy_results.py: what may be asked of a cell, and what each end of it is told as."""

from __future__ import annotations

import json
import unittest
from typing import Any, Optional
from unittest import mock

from _runner import limits
from _runner.legacy_results import Execution, Kept
from _runner.session import STDERR, STDOUT
from tests.support.farend import terminal

TAKEN = {"preserved": True, "source": "checkpoint", "restored": ["a"], "lost": [], "reason": "killed"}


def ended(outcome: str, report: Optional[dict[str, Any]] = None, params: Optional[dict[str, Any]] = None, **more: Any) -> tuple[str, Any]:
    """What a cell that printed on both streams is told as."""
    execution = Execution({"code": "", **(params or {})})
    execution.output(STDERR, b"err\n")
    execution.output(STDOUT, b"out\n")
    if report is not None:
        execution.report(report, ())
    kind, line = execution.response(5, {**terminal(outcome, b"out\n", b"err\n"), **more}, str)
    told = json.loads(line)
    return kind, told["result"] if "result" in told else told["error"]


class AskedTest(unittest.TestCase):
    def test_times_become_milliseconds_and_none_is_none(self) -> None:
        self.assertEqual(Execution({"code": ""}).params(), {"graceMs": 500})
        for seconds, millis in ((0.1, 100), (2.5, 2500), (3, 3000), (0.0001, 1), (0.29, 290)):
            params = Execution({"code": "", "execution_timeout_seconds": seconds}).params()
            self.assertEqual(params["timeoutMs"], millis)
        self.assertEqual(Execution({"code": "", "execution_timeout_interrupt_grace_seconds": 0}).params(), {"graceMs": 0})

    def test_what_cannot_be_is_refused_by_its_value(self) -> None:  # rule: C30
        for wrong in (True, False, "2", 0, -1, float("nan"), float("inf"), 10**400, [], 32_000_000):
            with self.assertRaisesRegex(ValueError, "execution_timeout_seconds must be a positive number"):
                Execution({"code": "", "execution_timeout_seconds": wrong})
        for wrong in (True, "2", -1, float("nan")):
            with self.assertRaisesRegex(ValueError, "grace_seconds must be a non-negative number"):
                Execution({"code": "", "execution_timeout_interrupt_grace_seconds": wrong})
        for wrong in (None, 5, ["x"], "x"):
            with self.assertRaisesRegex(ValueError, "^code must be a text|defer_final_output must be a boolean"):
                Execution({"code": wrong, "defer_final_output": "yes"})

    def test_code_that_is_no_text_is_sent_all_the_same(self) -> None:
        self.assertEqual(Execution({"code": "\ud800"}).code, b"\xed\xa0\x80")


class EndedTest(unittest.TestCase):
    def test_each_outcome_has_its_kind(self) -> None:  # rule: C4, C19, C43, C44, C57
        self.assertEqual(ended("completed"), ("output", {"output": "out\nerr\n"}))
        fields = {"submitted": {"a": {"$py": "tuple", "items": [1]}}}
        self.assertEqual(ended("submitted", fields), ("final", {"final": {"a": [1]}}))
        self.assertEqual(ended("submitted", fields, {"defer_final_output": True}), ("submitted", {"submitted": {"a": [1]}}))
        self.assertEqual(ended("submitted", fields, {"defer_final_output": False})[0], "final")
        self.assertEqual(ended("timed_out", fields)[0], "final")  # an answer that came is no less one for being late
        full = {"preserved": True, "source": "live_kernel", "scope": "full_live"}
        streams = {"stdout": "out\n", "stderr": "err\n"}
        limit = {"execution_timeout_seconds": 0.1}
        self.assertEqual(ended("timed_out", {}, limit), ("timeout", {"timeout": {"seconds": 0.1}, **streams, "state": full}))
        stopped = {"timeout": {"seconds": None, "interrupted": True}, **streams, "state": full}
        self.assertEqual(ended("interrupted", {}), ("timeout", stopped))

    def test_errors_have_type_message_and_output(self) -> None:  # rule: C31, C32, C52
        def error(**told: Any) -> Any:
            return ended("raised", {"error": told})[1]["data"]

        told = error(type="ValueError", module="builtins", message="bad", traceback="Trace")
        self.assertEqual(told, {"type": "ValueError", "message": "bad", "args": ["bad"], "output": "out\nerr\n", "traceback": "Trace"})
        self.assertEqual(error(type="f.<locals>.Bad", module="__main__", message="")["type"], "Bad")
        self.assertEqual(error(type="Bad", module="__main__", message="")["args"], [])
        self.assertEqual(error(type="ToolDeadlineExceeded", module="pyvisor", message="late")["type"], "RuntimeError")
        for made_up in ({}, {"error": 5}, {"error": {"type": 5, "message": []}}):
            self.assertEqual(ended("raised", made_up)[0], "error")

    def test_each_source_of_a_state_has_its_words(self) -> None:  # rule: C78
        def state(**report: Any) -> Any:
            return ended("timed_out", {}, state={**TAKEN, **report})[1]["state"]

        rest = {"reason": "killed", "restored_globals": ["a"], "lost_globals": []}
        self.assertEqual(state(), {"preserved": True, "source": "fork_checkpoint", "scope": "full_checkpoint", **rest})
        self.assertEqual(state(preserved=False, lost=["b"])["preserved"], False)
        snapshot = {"preserved": False, "source": "pickle_snapshot", "scope": "pickleable_globals", **rest}
        self.assertEqual(state(preserved=False, source="snapshot"), snapshot)
        fresh = {"preserved": False, "source": "fresh_kernel", "scope": "filesystem_only", **rest}
        self.assertEqual(state(preserved=False, source="fresh"), fresh)

    def test_a_kernel_that_died_is_told_with_its_status(self) -> None:  # rule: C36
        def message(outcome: str = "crashed", **cause: Any) -> str:
            kind, error = ended(outcome, {}, cause=cause, state={**TAKEN, "lost": ["b", "c"]})
            self.assertEqual((kind, error["data"]["type"], error["data"]["output"]), ("error", "RuntimeError", "out\nerr\n"))
            self.assertEqual(error["data"]["state"]["lost_globals"], ["b", "c"])
            return str(error["message"])

        exited = "execution runner exited without a result (exitcode=7); state from fork_checkpoint, names lost: b, c"
        self.assertEqual(message(kind="exit", code=7), exited)
        self.assertIn("(exitcode=-9; memory ran out)", message(kind="signal", signal="SIGKILL", number=9, detail="memory ran out"))
        self.assertIn("(exitcode=unknown; the kernel closed its channel)", message(kind="channel", detail="the kernel closed its channel"))
        self.assertIn("no result (never_started): no memory", message("never_started", kind="channel", detail="no memory"))
        self.assertIn("no result (submitted)", message("submitted"))

    def test_what_did_not_arrive_is_no_success(self) -> None:  # rule: LIF-4
        for totals, words in (
            ({"stdout": {"bytes": 5, "crc32": 0}, "stderr": {"bytes": 0, "crc32": 0}, "toolCalls": 0}, "stdout {"),
            ({**terminal("completed", b"out\n", b"err\n")["totals"], "toolCalls": 1}, "toolCalls 0, not 1"),
        ):
            kind, error = ended("completed", totals=totals)
            self.assertEqual(kind, "error")
            self.assertIn("output_integrity", error["message"])
            self.assertIn(words, error["message"])

    def test_a_line_that_would_be_too_long_has_less_of_the_output(self) -> None:
        execution = Execution({"code": ""})
        execution.output(STDOUT, b"\0" * 3000)  # six bytes each as JSON
        end = terminal("completed", b"\0" * 3000)
        with mock.patch.multiple(limits, LEGACY_LINE=5000, LEGACY_OUTPUT_ESCAPED=300):
            kind, line = execution.response(1, end, str)
            output = json.loads(line)["result"]["output"]
            self.assertEqual((kind, output.count("\0")), ("output", 300))
            self.assertIn("\n... 2700 bytes left out ...\n", output)
            execution.report({"submitted": {"a": "x" * 6000}}, ())
            kind, line = execution.response(1, {**end, "outcome": "submitted"}, str)
        self.assertEqual(kind, "error")
        self.assertIn("the cell's final takes 6", json.loads(line)["error"]["message"])


class KeptTest(unittest.TestCase):
    def test_what_fits_is_whole_and_the_rest_has_head_and_tail(self) -> None:
        with mock.patch.object(limits, "LEGACY_OUTPUT", 100):
            kept = Kept()
            kept.add("é".encode() * 50)
            self.assertEqual(kept.text(100), "é" * 50)
            kept.add(b"1")
            self.assertEqual(kept.text(100), "é" * 25 + "\n... 1 bytes left out ...\n" + "\ufffd" + "é" * 24 + "1")
            for _ in range(1000):
                kept.add(b"2" * 10)
                self.assertLessEqual(len(kept._bytes), 200)
            self.assertEqual(kept.text(100), "é" * 25 + "\n... 10001 bytes left out ...\n" + "2" * 50)
            self.assertEqual(kept.text(10), "éé\ufffd\n... 10091 bytes left out ...\n22222")
