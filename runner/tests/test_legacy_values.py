"""legacy_values.py: what the deprecated dialect can say of a Python object, and what a tool's answer becomes."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import json
import math
import pathlib
import unittest
import uuid
from typing import Any
from unittest import mock

from _runner import limits
from _runner.decoder import decode_text
from _runner.encoder import Encoder
from _runner.legacy_values import BadAnswer, answered, flatten


class Color(enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


@dataclasses.dataclass
class Page:
    number: int
    items: Any


Point = collections.namedtuple("Point", "x y")


def virtual(path: str) -> str:
    return path.replace("/files/sandbox", "/sandbox")


def flat(value: Any) -> Any:
    """What a host gets for this value."""
    encoder = Encoder()
    document = json.loads(encoder.encode(value))
    return flatten(document, encoder.attachments, virtual)


class FlattenTest(unittest.TestCase):
    def test_each_form_has_a_plain_one(self) -> None:
        day = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)
        table: list[tuple[Any, Any]] = [
            ({"a": [1, 2.5, None, True, "é"]}, {"a": [1, 2.5, None, True, "é"]}),
            ((1, (2, 3)), [1, [2, 3]]),
            ({3, 1}, [1, 3]),
            (frozenset({"x"}), ["x"]),
            ({1: "a", None: "b", True: "c"}, {"1": "c", "null": "b"}),  # True is 1 in Python
            ({(1, 2): 3, "$py": 4}, {"[1, 2]": 3, "$py": 4}),
            ({1: "a", "1": "b"}, [[1, "a"], ["1", "b"]]),  # none of the two is lost
            (b"a\xff", "b'a\\xff'"),
            (bytearray(b"x"), "b'x'"),
            (2**70, 2**70),
            (-(2**70), -(2**70)),
            ("a\"\\\ud800\n", "a\"\\\ud800\n"),
            (1 + 2j, "(1+2j)"),
            (decimal.Decimal("1.50"), "1.50"),
            (fractions.Fraction(1, 3), "1/3"),
            (day, "2026-01-02T03:04:05+00:00"),
            (day.date(), "2026-01-02"),
            (day.time(), "03:04:05"),
            (datetime.timedelta(days=1, seconds=2), "1 day, 0:00:02"),
            (uuid.UUID(int=5), "00000000-0000-0000-0000-000000000005"),
            (pathlib.PurePosixPath("/tmp/x"), "/tmp/x"),
            (pathlib.PurePosixPath("/files/sandbox/x"), "/sandbox/x"),
            (Color.RED, "red"),
            (Level.HIGH, 3),
            (Page(1, [Point(2, 3)]), {"number": 1, "items": [{"x": 2, "y": 3}]}),
            (ValueError("bad"), "builtins.ValueError: bad"),
        ]
        for value, expected in table:
            with self.subTest(repr(value)):
                self.assertEqual(flat(value), expected)
                json.dumps(flat(value))

    def test_what_is_no_number_in_json_goes_as_python_writes_it(self) -> None:
        self.assertTrue(math.isnan(flat([float("nan")])[0]))
        self.assertEqual(json.dumps(flat([float("inf"), float("-inf")])), "[Infinity, -Infinity]")

    def test_a_number_too_long_for_python_to_read_goes_as_text(self) -> None:  # rule: W15
        self.assertEqual(flat(10**5000), hex(10**5000))
        self.assertEqual(json.loads(json.dumps(flat(10**4000))), 10**4000)

    def test_own_objects_are_described(self) -> None:  # rule: W15
        self.assertRegex(flat(lambda: 1), r"^<function .*<lambda> at 0x")
        loop: list[Any] = []
        loop.append(loop)
        self.assertEqual(flat(loop), ["<cycle: builtins.list>"])
        deep: Any = 1
        for _ in range(200):
            deep = [deep]
        self.assertIn("<builtins.list, left out: depth>", json.dumps(flat(deep)))

    def test_arrays_are_lists_where_json_has_their_numbers(self) -> None:
        data = b"\1\0\2\0\3\0\4\0"
        told = {"$py": "ndarray", "dtype": "<i2", "shape": [2, 2], "attachment": 0}
        self.assertEqual(flatten(told, [data], virtual), [[1, 2], [3, 4]])
        for odd in ({"dtype": ">i2"}, {"dtype": "<M8[ns]"}, {"shape": []}, {"shape": [0, 2]}):
            self.assertRegex(flatten({**told, **odd}, [data], virtual), "^<array of .*, shape ")
        with mock.patch.object(limits, "DOCUMENT_NODES", 3):
            self.assertEqual(flatten(told, [data], virtual), "<array of <i2, shape (2, 2)>")

    def test_what_a_guest_made_up_stays_as_it_is(self) -> None:
        for made_up in (
            {"$py": "bytes", "attachment": 4}, {"$py": "bytes"}, {"$py": "int", "hex": "x"}, {"$py": "tuple"}, {"$py": "nothing"}, {"$py": 5},
            {"$py": "dict", "items": [1]}, {"$py": "ndarray", "dtype": 1, "shape": [1], "attachment": 0}, {"$py": "object", "fields": 5},
            {"$py": "ndarray", "dtype": "<i2", "shape": [9], "attachment": 0}, {"$py": "timedelta", "days": 1e99, "seconds": 0, "microseconds": 0},
        ):  # fmt: skip
            with self.subTest(made_up):
                self.assertEqual(flatten(made_up, [b"\1\0"], virtual), made_up)


class AnsweredTest(unittest.TestCase):
    def arrives(self, value: str, kind: str = "json") -> Any:
        """What the kernel makes of the answer."""
        return decode_text(answered({"type": kind, "value": value}))

    def test_a_json_document_arrives_as_its_value(self) -> None:  # rule: C49
        for value in (None, True, 5, 2.5, "é", [1, {"a": None}], {"$py": "tuple", "items": [1]}, 2**70, "\ud800", {"a": {"$py": 1}}):
            with self.subTest(repr(value)):
                self.assertEqual(self.arrives(json.dumps(value)), value)
        self.assertTrue(math.isnan(self.arrives("[NaN]")[0]))
        self.assertEqual(self.arrives("-Infinity"), float("-inf"))

    def test_a_text_arrives_as_it_is(self) -> None:
        self.assertEqual(self.arrives('{"a": 1}', "string"), '{"a": 1}')

    def test_anything_else_is_refused_and_named(self) -> None:
        for wrong in (None, 5, {}, {"type": "json"}, {"type": "json", "value": 5}, {"type": "xml", "value": ""}):
            with self.assertRaisesRegex(BadAnswer, "a result is"):
                answered(wrong)
        for text in ("", "{", "1" * 5000 + "x", "[" * 100_000):
            with self.assertRaisesRegex(BadAnswer, "no JSON document"):
                answered({"type": "json", "value": text})

    def test_what_no_message_holds_is_refused(self) -> None:  # rule: H4
        with mock.patch.object(limits, "MESSAGE", limits.KERNEL_ENVELOPE + 100):
            answered({"type": "string", "value": "x" * 90})
            with self.assertRaisesRegex(BadAnswer, "larger than a message"):
                answered({"type": "string", "value": "x" * 100})
