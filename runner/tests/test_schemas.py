"""Which documents fit which schemas, and how it is told where they do not."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import pathlib
import sys
import unittest
import uuid
from typing import Any, NamedTuple

from _runner import limits
from _runner.encoder import Encoder
from _runner.schemas import problems, summary


class Color(enum.Enum):
    RED = "red"


@dataclasses.dataclass
class Point:
    x: int
    y: Any


class Pair(NamedTuple):
    a: int
    b: str


POINT = {"type": "object", "properties": {"x": {"type": "integer"}, "y": {"type": "integer"}}, "required": ["x", "y"], "additionalProperties": False}
TREE = {
    "$ref": "#/$defs/node",
    "$defs": {"node": {"type": "object", "properties": {"under": {"type": "array", "items": {"$ref": "#/$defs/node"}}}, "additionalProperties": False}},
}
ZONE = datetime.timezone.utc
FITS: list[tuple[Any, Any]] = [
    (None, {"type": "null"}), (True, {"type": "boolean"}), (1, {"type": "integer"}), (2**70, {"type": "integer"}), (1, {"type": "number"}),
    (1.5, {"type": "number"}), (float("nan"), {"type": "number"}), (decimal.Decimal("1.5"), {"type": "number"}),
    (decimal.Decimal("3"), {"type": "integer"}), ("a", {"type": "string"}), (b"x", {"type": "string", "format": "binary"}),
    (pathlib.Path("/x"), {"type": "string", "format": "path"}), ("/x", {"type": "string", "format": "path"}),
    (uuid.UUID(int=1), {"type": "string", "format": "uuid"}), (str(uuid.UUID(int=1)), {"type": "string", "format": "uuid"}),
    (datetime.datetime(2020, 1, 1, tzinfo=ZONE), {"type": "string", "format": "date-time"}),
    ("2020-01-01T00:00:00Z", {"type": "string", "format": "date-time"}), (datetime.date(2020, 1, 1), {"type": "string", "format": "date"}),
    (datetime.timedelta(1), {"type": "string", "format": "duration"}), ("PT1.5S", {"type": "string", "format": "duration"}),
    ([1, 2], {"type": "array", "items": {"type": "integer"}}), ((1, 2), {"type": "array", "items": {"type": "integer"}}),
    ({1, 2}, {"type": "array", "uniqueItems": True}), ([1, "a"], {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}]}),
    ({"x": 1, "y": 2}, POINT), (Point(1, 2), POINT), (Pair(1, "b"), {"type": "object", "required": ["a", "b"]}),
    ({1: "one"}, {"type": "object", "additionalProperties": {"type": "string"}}), (Color.RED, {"type": "string", "enum": ["red"]}),
    (1, {"type": ["integer", "null"]}), (None, {"anyOf": [{"type": "string"}, {"type": "null"}]}), (1, {"oneOf": [{"type": "integer"}, {"type": "string"}]}),
    (5, {"allOf": [{"minimum": 5}, {"maximum": 5}]}), ("a", {"not": {"type": "integer"}}), ("ab", {"pattern": "^a", "minLength": 2, "maxLength": 2}),
    (1, {"const": 1.0}), ({"under": [{"under": []}]}, TREE), (lambda: 1, {}), (object(), True), (1, {"$ref": "#"}),
]  # fmt: skip
DO_NOT: list[tuple[Any, Any, str]] = [
    ("1", {"type": "integer"}, "the whole: has to be an integer, and is the string '1'"), (1.0, {"type": "integer"}, "the number 1.0"),
    (True, {"type": "integer"}, "the boolean True"), (True, {"const": 1}, "has to be 1"), (1, {"enum": [True, "1"]}, "one of True, '1'"),
    (decimal.Decimal("1.5"), {"type": "integer"}, "decimal '1.5"), (b"x", {"type": "string"}, "has to be a str, and is bytes"),
    ("x", {"type": "string", "format": "binary"}, "has to be bytes"), ("yesterday", {"type": "string", "format": "date"}, "has to be a date"),
    (datetime.date(2020, 1, 1), {"type": "string", "format": "date-time"}, "has to be a date-time, and is a date"),
    ([1, "b"], {"type": "array", "items": {"type": "integer"}}, "[1]: has to be an integer"), ([1, 2, 1], {"uniqueItems": True}, "no item twice"),
    ([1], {"minItems": 2}, "at least 2 items, and has 1"), ([1, 2], {"maxItems": 1}, "at most 1 items"),
    ({"x": 1}, POINT, "y: is missing; it has to be an integer"), ({"x": 1, "y": 2, "z": 3}, POINT, "z: is no field here; there are x, y"),
    (Point(1, "no"), POINT, "y: has to be an integer, and is the string 'no'"), ({"under": [{"over": 1}]}, TREE, "under[0].over: is no field here"),
    ({1: 2}, {"additionalProperties": {"type": "string"}}, "1: has to be a string"), (1, {"anyOf": [{"type": "string"}, {"type": "null"}]}, "a string or null"),
    (1, {"oneOf": [{"minimum": 0}, {"maximum": 9}]}, "has to be"), (1, {"not": {"type": "integer"}}, "must not be an integer"),
    (4, {"minimum": 5}, "at least 5, and is 4"), (5, {"exclusiveMaximum": 5}, "below 5"), (2**70, {"maximum": 2**63 - 1}, "at most"),
    ("b", {"pattern": "^a"}, "has to match '^a'"), ("b", {"pattern": "("}, "none of Python's"), ("b", {"maxLength": 0}, "at most 0 characters"),
    (1, {"$ref": "#/$defs/gone"}, "which is not there"), (1, {"$ref": "file:///etc/passwd"}, "which is not there"), (1, False, "is not wanted"),
    (lambda: 1, {"type": "string"}, "function"),
]  # fmt: skip


class SchemasTest(unittest.TestCase):
    def found(self, value: Any, schema: Any) -> list[str]:
        return [str(problem) for problem in problems(Encoder().form(value), schema, limits.SCHEMA_PROBLEMS)]

    def test_what_fits(self) -> None:  # rule: LIF-20
        for value, schema in FITS:
            with self.subTest(value=repr(value), schema=schema):
                self.assertEqual(self.found(value, schema), [])

    def test_what_does_not(self) -> None:  # rule: LIF-20
        for value, schema, told in DO_NOT:
            with self.subTest(value=repr(value), schema=schema):
                found = self.found(value, schema)
                self.assertTrue(found, "it fits")
                self.assertIn(told, found[0])

    def test_all_places_are_told_up_to_a_number(self) -> None:
        wanted = {"type": "array", "items": {"type": "string"}}
        self.assertEqual([text[:3] for text in self.found([1, "a", 2], wanted)], ["[0]", "[2]"])
        self.assertEqual(len(self.found(list(range(1_000)), wanted)), limits.SCHEMA_PROBLEMS)

    def test_a_schema_that_refers_to_itself_in_circles_ends(self) -> None:
        circle = {"$ref": "#/$defs/a", "$defs": {"a": {"anyOf": [{"$ref": "#/$defs/a"}, {"$ref": "#/$defs/a"}]}}}
        self.assertEqual(self.found(1, circle), [])

    def test_numpy_numbers_fit_and_an_array_of_it_does_not(self) -> None:
        try:
            import numpy
        except ImportError:
            self.skipTest("no numpy here")
        self.assertEqual(self.found(numpy.int64(3), {"type": "integer"}), [])
        self.assertIn("ndarray", self.found(numpy.zeros(2), {"type": "array"})[0])

    def test_a_broken_schema_is_no_exception(self) -> None:
        for broken in ({"type": 7}, {"enum": 7}, {"items": 7}, {"properties": 7, "required": 7}, {"anyOf": 7}, {"minimum": "x"}, {"$ref": 7}, 7, None):
            for value in (1, "a", [1], {"a": 1}):
                with self.subTest(schema=broken, value=value):
                    self.found(value, broken)

    def test_a_schema_in_a_few_words(self) -> None:
        for schema, words in (
            ({"type": "integer"}, "integer"), ({"type": ["integer", "null"]}, "integer or null"), ({"enum": ["a", "b"]}, "one of 'a', 'b'"),
            ({"type": "array", "items": {"type": "string", "format": "date"}}, "array of string (date)"), (POINT, "object with x, y"),
            ({"anyOf": [{"type": "string"}, {"$ref": "#/$defs/Node"}]}, "string or Node"), ({}, "anything"), (False, "nothing"),
        ):  # fmt: skip
            self.assertEqual(summary(schema), words)
        self.assertLess(len(summary({"enum": list(range(sys.maxsize - 5_000, sys.maxsize))})), 3_000)
