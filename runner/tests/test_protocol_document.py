"""PROTOCOL.md and this implementation say the same."""

from __future__ import annotations

import json
import unittest

from _runner import limits, rpc
from _runner.errors import ErrorCode
from _runner.frames import Flag, FrameKind, FrameReader, InnerFlag, Lane, encode
from _runner.control import Control
from _runner.link import Kind
from tests.support.protocol import examples, table


class ProtocolDocumentTest(unittest.TestCase):
    def test_kinds_flags_and_lanes_are_those_of_the_tables(self) -> None:
        self.assertEqual({row[1]: int(row[0]) for row in table("kinds")}, {kind.name: kind.value for kind in FrameKind})
        self.assertEqual({row[1]: int(row[0], 16) for row in table("flags")}, {flag.name: flag.value for flag in Flag})
        self.assertEqual(
            {row[1]: int(row[0], 16) for row in table("inner-flags")}, {flag.name: flag.value for flag in InnerFlag}
        )
        self.assertEqual({row[1]: int(row[0]) for row in table("lanes")}, {lane.name: lane.value for lane in Lane})

    def test_limits_are_those_of_the_table(self) -> None:
        for name, value, _ in table("limits"):
            with self.subTest(name):
                self.assertEqual(getattr(limits, name.upper()), int(value))

    def test_the_words_and_the_limits_of_a_link_are_those_of_the_tables(self) -> None:
        self.assertEqual({row[1]: int(row[0]) for row in table("link-kinds")}, {kind.name: kind.value for kind in Kind})
        for name, value, _ in table("link-limits"):
            with self.subTest(name):
                self.assertEqual(getattr(limits, name.upper()), int(value))

    def test_errors_are_those_of_the_table(self) -> None:
        rows = {(row[1], int(row[0]), int(row[2]), row[3]) for row in table("errors")}
        self.assertEqual(rows, {(code.wire, code.number, code.status, code.retry) for code in ErrorCode})

    def test_the_supervisor_has_the_methods_of_the_table(self) -> None:
        listed = {row[0] for row in table("methods") if row[1] == "host, session 0"}
        self.assertEqual(listed, set(Control.METHODS))

    def test_each_json_example_is_an_envelope_that_survives_a_round_trip(self) -> None:
        found = examples("json")
        self.assertGreater(len(found), 10)
        for name, text in found.items():
            with self.subTest(name):
                value = json.loads(text)
                self.assertEqual(json.loads(json.dumps(value)), value)
                if name not in ("hello", "document"):
                    self.assertIsInstance(rpc.parse(text.encode("utf-8")), (rpc.Request, rpc.Reply))

    def test_each_frame_example_is_read_and_written_to_the_same_bytes(self) -> None:
        found = examples("hex")
        self.assertGreater(len(found), 3)
        for name, text in found.items():
            with self.subTest(name):
                data = bytes.fromhex(text)
                (frame,) = FrameReader().feed(data)
                self.assertEqual(encode(frame), data)
