"""Type hints of tools (docs/tools.md)."""

import json
import re
import typing
import unittest

from . import PROTOCOL

from _runner import limits
from _runner.hints import fields, hint, text

ROW = re.compile(r"^\| `(.*)` \| `(.*)` \|$", re.M)


def rows() -> "list[tuple[str, str]]":
    page = (PROTOCOL.parent / "tools.md").read_text(encoding="utf-8")
    table = page.split("<!-- table:hints -->")[1].split("\n\n")[0]
    return ROW.findall(table)


class HintsTest(unittest.TestCase):
    def test_each_row_of_the_table_is_the_hint_of_its_schema(self) -> None:
        self.assertGreater(len(rows()), 20)
        for schema, expected in rows():
            with self.subTest(schema):
                found = hint(json.loads(schema))
                wanted = eval(expected, vars(typing).copy())
                self.assertEqual(found, type(None) if wanted is None else wanted)

    def test_a_hint_is_shown_as_the_table_has_it(self) -> None:
        for schema, expected in rows():
            with self.subTest(schema):
                self.assertEqual(text(hint(json.loads(schema))), expected.replace("Any", text(typing.Any)))
        self.assertEqual(text(hint({})), "")

    def test_what_is_no_schema_has_none(self) -> None:
        endless: "dict[str, object]" = {"type": "array"}
        endless["items"] = endless
        for odd in (None, True, 7, "int", [], {"type": 7}, {"type": [[]]}, {"enum": [[], {}]}, {"anyOf": [7]}):
            with self.subTest(odd):
                self.assertIs(hint(odd), typing.Any)
        self.assertEqual(text(hint(endless)).count("["), limits.HINT_DEPTH)

    def test_long_lists_are_not_told(self) -> None:
        names = [f"choice {number}" for number in range(limits.HINT_CHOICES + 1)]
        self.assertIs(hint({"enum": names}), str)
        self.assertEqual(len(typing.get_args(hint({"enum": names[1:]}))), limits.HINT_CHOICES)
        told = fields({"properties": {name: {} for name in names}})
        assert told is not None
        self.assertTrue(told.endswith(", …"))
        self.assertEqual(told.count("choice"), limits.HINT_CHOICES)

    def test_fields_are_told_with_their_hints_and_whether_they_are_needed(self) -> None:
        schema = {
            "properties": {"x": {"type": "integer"}, "y": {"type": "number"}, "z": {}},
            "required": ["x", "z"],
        }
        self.assertEqual(fields(schema), "x (int), y (float, optional), z")
        for none in (None, {}, {"properties": {}}, {"properties": 7}):
            self.assertIsNone(fields(none))
        self.assertEqual(fields({"properties": {"x": 7}, "required": 7}), "x (optional)")


if __name__ == "__main__":
    unittest.main()
