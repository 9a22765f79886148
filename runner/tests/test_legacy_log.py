"""legacy_log.py: what happened, as JSON lines, and never what it was about."""

from __future__ import annotations

import json
import os
import pathlib
import tempfile
import unittest

from _runner.legacy_log import DebugLog
from tests.support.lines import LineHost


class DebugLogTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name, "debug.log")

    def environment(self, switch: str = "1") -> dict[str, str]:
        return {"PREDICT_RLM_DEBUG": switch, "PREDICT_RLM_DEBUG_LOG": str(self.path)}

    def test_it_is_off_unless_both_variables_say_so(self) -> None:  # rule: C130
        for environment in ({}, self.environment("0"), self.environment(""), {"PREDICT_RLM_DEBUG": "1"}, {"PREDICT_RLM_DEBUG_LOG": str(self.path)}):
            DebugLog(environment).note("request")
        self.assertFalse(self.path.exists())
        for switch in ("1", "true", "YES", "on"):
            DebugLog(self.environment(switch)).note("request", id=1)
        events = [json.loads(line) for line in self.path.read_text().splitlines()]
        self.assertEqual([(event["event"], event["id"]) for event in events], [("stdio.request", 1)] * 4)
        self.assertEqual(self.path.stat().st_mode & 0o777, 0o600)

    def test_a_log_that_cannot_be_written_ends_nothing(self) -> None:  # rule: C134
        for path in ("/proc/nothing/log", "/dev/full", str(self.path.parent)):
            DebugLog({"PREDICT_RLM_DEBUG": "1", "PREDICT_RLM_DEBUG_LOG": path}).note("request")
        os.mkfifo(self.path)
        DebugLog(self.environment()).note("request")  # nobody reads it, and nobody waits for that

    def test_a_session_leaves_its_requests_and_none_of_its_code(self) -> None:  # rule: C132
        with LineHost(self.environment()) as host:
            host.register(f=lambda: 1)
            host.output("password = 'secret'; print('secret', await f())")
            host.fails("1/0")
            host.execute("while True: pass", execution_timeout_seconds=0.05)
        text = self.path.read_text()
        self.assertNotIn("secret", text)
        events = [json.loads(line) for line in text.splitlines()]
        self.assertEqual([event["kind"] for event in events if event["event"] == "stdio.response"], ["result", "output", "error", "timeout"])
        cell = next(event for event in events if event.get("method") == "execute")
        self.assertEqual((cell["event"], cell["code_length"], len(cell["code_hash"])), ("stdio.request", 47, 16))
