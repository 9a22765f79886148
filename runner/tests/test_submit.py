"""A cell that ends with an answer: `cell.report` with what was submitted, and the outcome `submitted`."""

from __future__ import annotations

import json
import unittest
from typing import Any
from unittest import mock

from _runner import limits, reports
from tests.support.host import Host

SUBMIT = [{"name": "SUBMIT", "submits": True}, {"name": "echo"}]
PRICES = {"type": "object", "additionalProperties": {"type": "number"}}
TYPED = {
    "name": "FINAL", "submits": True, "description": "Ends the search.",
    "schema": {
        "type": "object", "required": ["title", "count"], "additionalProperties": False,
        "properties": {"title": {"type": "string", "description": "what was found"}, "count": {"type": "integer", "minimum": 1}, "prices": PRICES},
    },
}  # fmt: skip


class SubmitTest(unittest.TestCase):
    host: Host

    @classmethod
    def setUpClass(cls) -> None:
        cls.host = Host()
        cls.addClassCleanup(cls.host.close)
        cls.host.wait_for(lambda: cls.host.hello)
        cls.host.open()

    def setUp(self) -> None:
        self.host.call("reset", session=1)
        self.host.call("tools.register", session=1, tools=SUBMIT)

    def submitted(self, code: str) -> Any:
        result = self.host.execute(code)
        self.assertEqual(result["outcome"], "submitted", self.host.reports.get(self.host.cell()))
        return self.host.reports[self.host.cell()]["submitted"]

    def test_the_fields_arrive_and_the_session_goes_on(self) -> None:
        self.assertEqual(self.submitted("x = 1; SUBMIT(answer='done', n=[x]); x = 2"), {"answer": "done", "n": [1]})
        self.assertEqual(self.host.execute("print(x)")["outcome"], "completed")
        self.assertEqual(self.host.text(), "1\n")

    def test_no_handler_of_exceptions_loses_it(self) -> None:
        caught = "try:\n  SUBMIT(a=1)\nexcept Exception:\n  print('lost')\nfinally:\n  print('finally')"
        self.assertEqual(self.submitted(caught), {"a": 1})
        self.assertEqual(self.host.text(), "finally\n")
        self.assertEqual(self.submitted(f"import asyncio\nawait asyncio.sleep(0)\n{caught}"), {"a": 1})
        gathered = "import asyncio\nasync def f(n): SUBMIT(n=n)\nawait asyncio.gather(asyncio.sleep(9), f(1))"
        self.assertEqual(self.submitted(gathered), {"n": 1})

    def test_any_object_is_delivered(self) -> None:
        found = self.submitted("class Foo: pass\nSUBMIT(f=lambda: 1, foo=Foo(), pairs={(1, 2): float('nan')}, b=b'x' * 9)")
        self.assertEqual((found["f"]["$py"], found["foo"]["type"]), ("opaque", "__main__.Foo"))
        self.assertEqual(found["pairs"]["$py"], "dict")
        self.assertEqual(found["b"], {"$py": "bytes", "attachment": 0})

    def test_what_cannot_be_sent_is_cut_and_says_so(self) -> None:
        with mock.patch.object(limits, "MESSAGE", 1000):
            report = reports.of_submission({"big": '"' * 800})  # each is escaped, and then the message is too large
        self.assertEqual(
            json.loads(report.envelope)["params"], {"submitted": {"$py": "cut", "type": "builtins.dict", "reason": "size"}}
        )

    def test_it_takes_names_only(self) -> None:
        self.assertEqual(self.host.execute("SUBMIT('x')")["outcome"], "raised")
        error = self.host.reports[self.host.cell()]["error"]
        self.assertEqual((error["type"], error["message"]), ("TypeError", "SUBMIT takes keyword arguments only: SUBMIT(answer=...)"))

    def test_it_stands_like_a_tool_and_is_no_variable(self) -> None:  # rule: LIF-11
        self.host.execute("kept = 1")
        self.assertEqual(self.host.execute("import os; os._exit(1)")["state"]["restored"], ["kept"])
        self.assertEqual(self.submitted("SUBMIT(kept=kept)"), {"kept": 1})
        self.host.call("tools.register", session=1, tools=SUBMIT[1:])
        self.assertEqual(self.host.execute("SUBMIT(a=1)")["outcome"], "raised")
        self.assertEqual(self.host.reports[self.host.cell()]["error"]["type"], "NameError")

    def test_a_call_that_was_not_awaited_does_not_take_it_away(self) -> None:
        self.assertEqual(self.submitted("echo(1); SUBMIT(a=1)"), {"a": 1})

    def raised(self, code: str) -> Any:
        self.assertEqual(self.host.execute(code)["outcome"], "raised")
        return self.host.reports[self.host.cell()]["error"]

    def test_an_answer_that_fits_its_schema_is_submitted(self) -> None:  # rule: LIF-20
        self.host.call("tools.register", session=1, tools=[TYPED])
        self.assertEqual(self.submitted("FINAL(title='a', count=2)"), {"title": "a", "count": 2})
        self.assertEqual(self.submitted("FINAL(title='a', count=2, prices={'x': 1.5})")["prices"], {"x": 1.5})

    def test_one_that_does_not_is_told_in_all_its_places_and_the_cell_may_repair_it(self) -> None:  # rule: LIF-20
        self.host.call("tools.register", session=1, tools=[TYPED])
        error = self.raised("FINAL(title=1, prices={'x': 'dear'}, extra=None)")
        self.assertEqual((error["type"], error["module"]), ("SubmitError", "pyvisor"))
        self.assertEqual(
            error["message"].split("\n"),
            [
                "FINAL: the answer does not fit, and was not submitted:",
                "  count: is missing; it has to be an integer",
                "  title: has to be a string, and is the integer 1",
                "  prices.x: has to be a number, and is the string 'dear'",
                "  extra: is no field here; there are title, count, prices",
                "FINAL takes title (string), count (integer), prices (object, optional)",
            ],
        )
        repaired = "try:\n  FINAL(title='a', count='2')\nexcept SubmitError as problem:\n  FINAL(title='a', count=2)"
        self.assertEqual(self.submitted(repaired), {"title": "a", "count": 2})
        self.assertEqual(self.raised("FINAL('a')")["message"], "FINAL takes keyword arguments only: FINAL(title=...)")

    def test_its_help_tells_the_fields(self) -> None:
        self.host.call("tools.register", session=1, tools=[TYPED])
        self.assertEqual(self.host.execute("print(FINAL.__doc__)")["outcome"], "completed")
        self.assertEqual(
            self.host.text(),
            "Ends the search.\n\nFields:\n    title (string): what was found\n    count (integer)\n    prices (object, optional)\n",
        )

    def test_an_answer_whose_objects_lie_about_themselves_is_told_as_it_would_arrive(self) -> None:
        self.host.call("tools.register", session=1, tools=[TYPED])
        liar = "class Liar(int):\n  __class__ = str\n  def __repr__(self): raise SystemExit\n"
        self.assertIn("title: has to be a string, and is the integer 7", self.raised(liar + "FINAL(title=Liar(7), count=1)")["message"])
