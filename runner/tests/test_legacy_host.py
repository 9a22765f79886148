"""legacy_host.py: lines in and out, frames in and out, no process: the dialect as a state machine."""

from __future__ import annotations

import json
import unittest
from typing import Any, Iterator

from _runner import limits
from _runner.legacy_host import LegacyHost
from tests.support.farend import FarEnd, Heard, terminal
from tests.support.tier import not_on_each

setUpModule = not_on_each


class Files:
    """Files that are none."""

    def virtual(self, path: str) -> str:
        return path

    def mount(self, host_path: str, virtual_path: str) -> Iterator[None]:
        yield

    make = listing = sync = mount  # type: ignore[assignment]


class HostTest(unittest.TestCase):
    def setUp(self) -> None:
        self.notes: list[dict[str, Any]] = []
        self.host = LegacyHost(Files(), "/work", 100, lambda event, **facts: self.notes.append({"event": event, **facts}))
        self.far = FarEnd(self.host.take, self.host.frames)
        self.ids = 0

    def ask(self, method: Any, **params: Any) -> int:
        self.ids += 1
        line = json.dumps({"jsonrpc": "2.0", "method": method, "params": params, "id": self.ids}).encode()
        for start in range(0, len(line), 7):  # in pieces
            self.host.feed(line[start : start + 7])
        self.host.feed(b"\n")
        return self.ids

    def said(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.host.lines()]

    def open(self) -> None:
        self.far.greets()
        self.far.replies(self.far.hears_one(), {"session": 1, "generation": 1, "workspace": "/work"})
        self.far.replies(self.far.hears_one(), {})

    def end(self, heard: Heard, result: Any) -> None:
        self.far.says({"jsonrpc": "2.0", "id": heard.envelope["id"], "result": result}, session=1, cell=heard.message.cell)

    def run_cell(self) -> Heard:
        """A cell that runs."""
        self.ask("execute", code="x")
        return self.far.hears_one()


class SessionTest(HostTest):
    def test_a_session_is_opened_before_it_is_asked_for(self) -> None:
        self.assertEqual(self.far.hears(), [])
        self.far.greets()
        opening = self.far.hears_one()
        self.assertEqual((opening.envelope["method"], opening.envelope["params"]), ("session.open", {"name": "main", "workspace": "/work"}))
        self.ask("execute", code="x")
        self.assertEqual(self.far.hears(), [])
        self.far.replies(opening, {"session": 1})
        tools, cell = self.far.hears()
        self.assertEqual(tools.envelope["params"], {"session": 1, "tools": [{"name": "SUBMIT", "submits": True}]})
        self.assertEqual((cell.envelope["method"], cell.message.cell, cell.message.attachments), ("execute", 1, [b"x"]))

    def test_a_request_that_comes_before_the_greeting_opens_no_second_one(self) -> None:
        self.ask("execute", code="x")
        self.far.greets()
        self.assertEqual(self.far.hears_one().envelope["method"], "session.open")

    def test_a_session_that_could_not_be_opened_is_tried_again(self) -> None:
        self.far.greets()
        self.far.refuses(self.far.hears_one(), -32005, "the kernel ended before it was ready")
        self.assertEqual(self.said(), [])
        self.ask("execute", code="x")
        self.far.refuses(self.far.hears_one(), -32005, "the kernel ended before it was ready")
        (refused,) = self.said()
        self.assertEqual((refused["id"], refused["error"]["data"]["type"]), (1, "RuntimeError"))
        self.assertIn("before it was ready", refused["error"]["message"])
        self.ask("reset")
        self.far.replies(self.far.hears_one(), {"session": 2})
        self.assertEqual([heard.envelope["method"] for heard in self.far.hears()], ["tools.register", "reset"])

    def test_a_host_may_have_a_tool_of_the_name_that_ends_cells(self) -> None:
        self.open()
        self.ask("register_tools", tools=["f", "SUBMIT", "f"])
        heard = self.far.hears_one()
        self.assertEqual(heard.envelope["params"]["tools"], [{"name": "f"}, {"name": "SUBMIT"}])
        self.far.replies(heard, {})
        self.assertEqual(self.said(), [{"jsonrpc": "2.0", "id": 1, "result": {}}])

    def test_what_the_supervisor_refuses_is_refused(self) -> None:
        self.open()
        self.ask("register_tools", tools=["f" * 1000] * 2)
        self.far.refuses(self.far.hears_one(), -32602, "tools must be fewer")
        self.ask("register_tools", tools=[f"f{n}" * 200 for n in range(2000)])  # more than such a message holds
        self.ask("reset")
        self.far.refuses(self.far.hears_one(), -32003, "busy")
        kinds = [(told["error"]["data"]["type"], told["error"]["message"][:12]) for told in self.said()]
        self.assertEqual(kinds, [("ValueError", "tools must b"), ("RuntimeError", "tools.regist"), ("RuntimeError", "busy")])
        cell = self.run_cell()
        self.far.refuses(cell, -32005, "no kernel; a reset starts another")
        self.assertIn("a reset starts another", self.said()[0]["error"]["message"])


class CellTest(HostTest):
    def test_output_of_the_cell_is_told_and_other_output_is_noted(self) -> None:  # rule: W26
        self.open()
        self.far.writes(b"early", cell=0, late=True)
        cell = self.run_cell()
        self.far.writes(b"out", cell=1)
        self.far.writes(b"err", "stderr", cell=1)
        self.far.writes(b"late", cell=1, late=True)
        self.end(cell, terminal("completed", b"out", b"err"))
        self.far.writes(b"later", cell=1, late=True)
        self.assertEqual(self.said(), [{"jsonrpc": "2.0", "id": 1, "result": {"output": "outerr"}}])
        self.assertEqual([note["bytes"] for note in self.notes if note["event"] == "late_output"], [5, 4, 5])

    def test_a_report_of_another_cell_is_not_this_ones(self) -> None:
        self.open()
        cell = self.run_cell()
        self.far.relays("cell.report", {"submitted": {"a": 1}}, cell=9)
        self.far.relays("log", {"logger": "x", "level": "INFO", "message": "m"})
        self.end(cell, terminal("submitted"))
        self.assertEqual(self.said()[0]["error"]["data"]["type"], "RuntimeError")

    def test_a_tool_call_goes_through_and_counts(self) -> None:
        self.open()
        cell = self.run_cell()
        self.far.calls(1, "f", 5)
        (call,) = self.said()
        self.assertEqual((call["method"], call["id"], call["params"]), ("tool_call", 100, {"name": "f", "args": [5], "kwargs": {}}))
        self.host.feed(b'{"id":100,"result":{"type":"json","value":"[6]"}}\n')
        self.assertEqual(self.far.hears_one().envelope, {"jsonrpc": "2.0", "id": 1, "result": [6]})
        self.far.calls(2, "f")
        self.far.relays("tool.cancel", {"id": 2})
        self.far.calls(3, "f")
        self.said()
        self.end(cell, terminal(calls=3))
        self.assertEqual(self.said(), [{"jsonrpc": "2.0", "id": 1, "result": {"output": ""}}])
        self.assertEqual([(heard.envelope["id"], heard.envelope["error"]["code"]) for heard in self.far.hears()], [(3, -32007)])
        self.far.begins(2)
        self.host.feed(b'{"id":101,"result":{"type":"json","value":"1"}}\n{"id":102,"error":{}}\n')
        self.assertEqual((self.far.hears(), self.said()), ([], []))

    def test_an_interrupt_is_heeded_while_a_cell_runs(self) -> None:  # rule: C89, C91
        self.open()
        self.ask("interrupt")
        self.assertEqual(self.said(), [{"jsonrpc": "2.0", "id": 1, "result": {"running": False}}])
        self.ask("execute", code="x", execution_timeout_interrupt_grace_seconds=0.2)
        cell = self.far.hears_one()
        self.ask("interrupt")
        asked = self.far.hears_one()
        self.assertEqual((asked.envelope["method"], asked.envelope["params"]), ("interrupt", {"session": 1, "cell": 1, "graceMs": 200}))
        self.far.replies(asked, {"running": True})
        self.end(cell, terminal("interrupted"))
        told = [(told["id"], set(told["result"])) for told in self.said()]
        self.assertEqual(told, [(3, {"running"}), (2, {"timeout", "stdout", "stderr", "state"})])

    def test_a_cell_that_no_message_holds_leaves_nothing_running(self) -> None:
        self.open()
        # Each of these bytes is three once it is text.
        self.host.feed(b'{"method":"execute","params":{"code":"' + b"\xff" * (limits.MESSAGE // 3 + 1) + b'"},"id":1}\n')
        self.assertIn("is larger than", self.said()[0]["error"]["message"])
        self.ask("interrupt")
        self.assertEqual(self.said()[0]["result"], {"running": False})
        self.assertEqual(self.run_cell().message.cell, 2)

    def test_a_line_that_cannot_be_read_is_answered_where_it_says_whose_it_is(self) -> None:  # rule: H4
        self.open()
        cell = self.run_cell()
        self.far.calls(1, "f")
        self.said()
        deep = b"[" * 100_000 + b"]" * 100_000
        self.host.feed(b'{"id":100,"result":' + deep + b'}\n{"method":"execute","params":' + deep + b',"id":9}\n{"x":' + deep + b"}\n")
        self.assertIn("cannot be read", self.far.hears_one().envelope["error"]["message"])
        self.assertEqual([(told["id"], told["error"]["data"]["type"]) for told in self.said()], [(9, "ValueError"), (None, "ValueError")])
        self.end(cell, terminal(calls=1))
        self.assertEqual(self.said()[0]["result"], {"output": ""})


class RestTest(HostTest):
    def test_files_are_worked_on_when_the_loop_says_so(self) -> None:
        self.ask("mount_file", host_path="/a", virtual_path="/sandbox/a")
        self.ask("register_output_fields")
        self.assertTrue(self.host.working)
        self.host.work()
        self.assertEqual((self.said(), self.host.working), ([], True))
        self.host.work()
        self.assertEqual([told["result"] for told in self.said()], [{}, {}])
        self.assertFalse(self.host.working)

    def test_shutdown_comes_last(self) -> None:
        self.ask("shutdown", preserve_kernel_process=True)
        self.assertFalse(self.host.ended)
        self.ask("shutdown", preserve_kernel_process=False)
        self.assertTrue(self.host.ended)
        self.ask("mkdir_p", path="/sandbox")
        refused, ended = self.said()
        self.assertEqual((refused["error"]["data"]["type"], ended["result"]), ("ValueError", {"shutdown": True}))
        self.assertFalse(self.host.working)

    def test_methods_that_need_no_session_are_answered_at_once(self) -> None:
        self.ask("register_output_fields", fields=[{"name": "a", "annotation": "str"}])
        self.ask("register_runtime_hooks", hooks=[])
        self.ask("register_runtime_hooks")
        results = self.said()
        self.assertEqual([told.get("result") for told in results], [{}, {}, None])
        self.assertIn("offers no runtime hooks", results[2]["error"]["message"])
