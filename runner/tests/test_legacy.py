"""legacy.py: the lines of the deprecated dialect, in whatever pieces they come."""

from __future__ import annotations

import json
import unittest
from unittest import mock

from _runner import legacy, limits
from _runner.legacy import Answer, LineReader, Request, Unreadable
from tests import SOURCES
from tests.test_layers import imports

REQUEST = '{"jsonrpc":"2.0","method":"execute","params":{"code":"é€😀"},"id":7}\n'.encode("utf-8")
ANSWER = b'{"jsonrpc":"2.0","id":9,"result":{"type":"string","value":"hi"}}\n'
STREAM = b"\n  \r\nnot json\n[1]\n5\n" + REQUEST + b'{"broken\n' + ANSWER + b'{"id":5}\n' + b'{"jsonrpc":"2.0","id":1,"error":{"message":"no"}}\n'


def read(data: bytes, size: int) -> tuple[list[legacy.Line], LineReader]:
    reader = LineReader()
    return [line for start in range(0, len(data), size) for line in reader.feed(data[start : start + size])], reader


class LineReaderTest(unittest.TestCase):
    def test_the_same_lines_come_however_the_bytes_are_cut(self) -> None:
        expected = [
            Request("execute", {"code": "é€😀"}, 7, len(REQUEST) - 1),
            Answer(9, {"type": "string", "value": "hi"}, None),
            Request(None, {}, 5, 8),
            Answer(1, None, {"message": "no"}),
        ]
        for size in (1, 2, 3, 7, 64, len(STREAM)):
            with self.subTest(size):
                lines, reader = read(STREAM, size)
                self.assertEqual(lines, expected)
                self.assertEqual(reader.dropped, 4)  # blank lines are not counted

    def test_a_line_is_read_when_its_end_is_there_and_not_before(self) -> None:
        reader = LineReader()
        self.assertEqual(list(reader.feed(ANSWER[:-1])), [])
        self.assertEqual(len(list(reader.feed(b"\n" + ANSWER[:5]))), 1)

    def test_bytes_that_are_no_text_do_not_lose_the_line(self) -> None:
        (line,), _ = read(b'{"method":"x","params":{"code":"\xff"},"id":1}\n', 1000)
        self.assertEqual(line.params, {"code": "\ufffd"})  # type: ignore[union-attr]

    def test_what_python_writes_beyond_json_is_read(self) -> None:
        (line,), _ = read(b'{"method":"x","params":{"a":NaN,"b":-Infinity,"c":"\\ud800"},"id":1}\n', 1000)
        self.assertEqual(str(line.params), "{'a': nan, 'b': -inf, 'c': '\\ud800'}")  # type: ignore[union-attr]

    def test_a_line_that_is_too_long_is_skipped_and_its_owner_found(self) -> None:  # rule: H4
        body = '{"type":"string","value":"' + "x" * 5000
        lines = {
            '{"jsonrpc":"2.0","id":12,"result":' + body + '"}}': 12,
            '{"id":12,"error":' + body + '"}}': 12,
            '{"jsonrpc": "2.0", "method": "execute", "params": {"code": "' + "x" * 5000 + '"}, "id": 3}': 3,
            '{"jsonrpc":"2.0","method":"execute","params":{"code":"' + "x" * 5000 + '","inner":{"id":3}}}': None,
            "x" * 5000: None,
        }
        with mock.patch.object(limits, "LEGACY_LINE", 2000):
            for line, owner in lines.items():
                for size in (1, 999, 10_000):
                    with self.subTest(line[:40], size=size):
                        (found, after), _ = read(line.encode() + b"\n" + ANSWER, size)
                        self.assertEqual(found, Unreadable(owner, f"a line of {len(line)} bytes is longer than 2000"))
                        self.assertIsInstance(after, Answer)

    def test_no_more_than_the_ends_of_it_are_kept(self) -> None:
        with mock.patch.object(limits, "LEGACY_LINE", 2000):
            reader = LineReader()
            for _ in range(100):
                list(reader.feed(b"x" * 1000))
            self.assertLessEqual(len(reader._line), 2 * limits.LEGACY_LINE_ENDS)

    def test_json_that_python_cannot_hold_is_told_and_not_dropped(self) -> None:
        deep = b"[" * 100_000 + b"]" * 100_000
        long = b"1" * 5000  # more digits than Python reads
        for inner in (deep, long):
            (found,), _ = read(b'{"method":"x","params":{"a":' + inner + b'},"id":4}\n', 100_000)
            self.assertEqual((type(found), found.id), (Unreadable, 4))


class WritingTest(unittest.TestCase):
    def test_what_is_written_is_one_line_of_ascii(self) -> None:
        lines = [
            legacy.result(1, {"output": "é\n\u2028😀\ud800\0"}),
            legacy.error("x", legacy.failure("ValueError", "é", "out\n")),
            legacy.tool_call(1 << 40, "f", ["é"], {"k": float("nan")}),
        ]
        for line in lines:
            self.assertTrue(line.isascii())
            self.assertEqual((line[-1:], line.count(b"\n")), (b"\n", 1))
            json.loads(line)

    def test_the_shapes_are_those_of_the_dialect(self) -> None:
        self.assertEqual(json.loads(legacy.result(1, {})), {"jsonrpc": "2.0", "id": 1, "result": {}})
        data = {"type": "KeyError", "message": "m", "args": ["m"], "output": "o"}
        error = {"code": -32000, "message": "m", "data": data}
        self.assertEqual(json.loads(legacy.error(2, legacy.failure("KeyError", "m", "o"))), {"jsonrpc": "2.0", "id": 2, "error": error})
        self.assertNotIn("output", legacy.failure("KeyError", "m")["data"])
        self.assertEqual(legacy.failure("KeyError", "", more=1)["data"], {"type": "KeyError", "message": "", "args": [], "more": 1})
        params = {"name": "f", "args": [1], "kwargs": {"a": 2}}
        call = {"jsonrpc": "2.0", "method": "tool_call", "params": params, "id": 5}
        self.assertEqual(json.loads(legacy.tool_call(5, "f", [1], {"a": 2})), call)


class LayersTest(unittest.TestCase):
    CORES = ("legacy", "legacy_values", "legacy_link", "legacy_calls", "legacy_requests", "legacy_results", "legacy_work", "legacy_host")

    def test_the_cores_of_the_dialect_do_no_io(self) -> None:
        for module in self.CORES:
            with self.subTest(module):
                self.assertFalse(imports(module) & {"os", "socket", "select", "subprocess", "shutil", "io", "channel", "loop", "supervisor", "linux"})

    def test_nothing_else_knows_the_dialect(self) -> None:
        """So that it can be taken away (docs/STDIO.md)."""
        modules = {path.stem for path in (SOURCES / "_runner").glob("*.py")}
        dialect = {module for module in modules if module.startswith("legacy")}
        self.assertLess(set(self.CORES), dialect)
        for module in sorted(modules - dialect):
            with self.subTest(module):
                self.assertFalse(imports(module) & dialect)
