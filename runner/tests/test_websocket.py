"""websocket.py: RFC 6455, by its sections."""

from __future__ import annotations

import random
import struct
import time
import unittest

from _runner import limits, websocket
from _runner.websocket import Broken, Close, CloseCode, Message, Opcode, Ping, Pong, Reader

LIMIT = 1_000_000


def sent(opcode: int, body: bytes = b"", fin: bool = True, mask: bytes = b"\x37\xfa\x21\x3d", first: int = 0) -> bytes:
    """A frame as a client sends it."""
    size = len(body)
    head = bytes((first or (0x80 if fin else 0) | opcode,))
    if size < 126:
        head += bytes((0x80 | size,))
    elif size < 65_536:
        head += struct.pack(">BH", 0x80 | 126, size)
    else:
        head += struct.pack(">BQ", 0x80 | 127, size)
    return head + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(body))


def read(*data: bytes, limit: int = LIMIT) -> list[object]:
    reader = Reader(limit)
    return [event for part in data for event in reader.feed(part)]


class FramingTest(unittest.TestCase):
    def assert_broken(self, code: int, data: bytes, limit: int = LIMIT) -> None:
        reader = Reader(limit)
        with self.assertRaises(Broken) as caught:
            list(reader.feed(data))
        self.assertEqual(caught.exception.code, code, str(caught.exception))
        self.assertEqual(list(reader.feed(sent(Opcode.BINARY, b"after"))), [], "nothing is read after a broken rule")

    def test_the_example_of_section_5_7(self) -> None:
        body = bytes((0x7F, 0x9F, 0x4D, 0x51, 0x58))
        self.assertEqual(read(bytes((0x82, 0x85, 0x37, 0xFA, 0x21, 0x3D)) + body), [Message(b"Hello")])

    def test_messages_of_every_length_form_arrive_whole(self) -> None:
        for size in (0, 1, 3, 4, 5, 125, 126, 127, 65_535, 65_536, 65_537):
            with self.subTest(size):
                body = random.Random(size).randbytes(size) if hasattr(random.Random, "randbytes") else bytes(size)
                self.assertEqual(read(sent(Opcode.BINARY, body)), [Message(body)])

    def test_events_are_the_same_however_the_bytes_are_cut(self) -> None:
        data = (
            sent(Opcode.BINARY, b"one")
            + sent(Opcode.BINARY, b"t", fin=False)
            + sent(Opcode.PING, b"between")
            + sent(Opcode.CONTINUATION, b"w" * 200, fin=False)
            + sent(Opcode.PONG)
            + sent(Opcode.CONTINUATION, b"o")
            + sent(Opcode.BINARY, b"y" * 70_000)
            + sent(Opcode.CLOSE, struct.pack(">H", 1000) + b"done")
        )
        whole = read(data)
        self.assertEqual(
            whole,
            [
                Message(b"one"), Ping(b"between"), Pong(b""), Message(b"t" + b"w" * 200 + b"o"), Message(b"y" * 70_000),
                Close(1000, "done"),
            ],
        )  # fmt: skip
        for cut in list(range(1, 400)) + list(range(len(data) - 30, len(data))):
            self.assertEqual(read(data[:cut], data[cut:]), whole, f"cut after {cut} bytes")
        self.assertEqual(read(*(data[at : at + 1] for at in range(len(data)))), whole)

    def test_an_unmasked_frame_is_refused(self) -> None:
        self.assert_broken(1002, websocket.frame(Opcode.BINARY, b"server's"))

    def test_each_reserved_bit_is_refused_at_the_first_byte(self) -> None:
        for bit in (0x40, 0x20, 0x10):
            with self.subTest(bit):
                self.assert_broken(1002, bytes((0x82 | bit,)))

    def test_each_unknown_opcode_is_refused_at_the_first_byte(self) -> None:
        for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
            with self.subTest(opcode):
                self.assert_broken(1002, bytes((0x80 | opcode,)))

    def test_text_is_not_spoken(self) -> None:
        self.assert_broken(1003, sent(Opcode.TEXT, b"{}"))

    def test_fragments_out_of_turn_are_refused(self) -> None:
        self.assert_broken(1002, sent(Opcode.CONTINUATION, b"of nothing"))
        self.assert_broken(1002, sent(Opcode.BINARY, b"a", fin=False) + sent(Opcode.BINARY, b"b"))
        after_the_last = sent(Opcode.BINARY, b"a", fin=False) + sent(Opcode.CONTINUATION, b"b") * 2
        self.assert_broken(1002, after_the_last)

    def test_control_frames_are_short_and_whole(self) -> None:
        self.assertEqual(read(sent(Opcode.PING, b"x" * 125)), [Ping(b"x" * 125)])
        self.assert_broken(1002, sent(Opcode.PING, b"x" * 126))
        self.assert_broken(1002, sent(Opcode.PING, b"x", fin=False))

    def test_a_length_has_its_shortest_form(self) -> None:
        self.assert_broken(1002, bytes((0x82, 0xFE)) + struct.pack(">H", 125))
        self.assert_broken(1002, bytes((0x82, 0xFF)) + struct.pack(">Q", 65_535))
        self.assert_broken(1002, bytes((0x82, 0xFF)) + struct.pack(">Q", 2**63))

    def test_too_much_is_refused_by_its_header(self) -> None:
        self.assertEqual(read(sent(Opcode.BINARY, b"x" * 100), limit=100), [Message(b"x" * 100)])
        self.assert_broken(1009, sent(Opcode.BINARY, b"x" * 101), limit=100)
        self.assert_broken(1009, bytes((0x82, 0xFF)) + struct.pack(">Q", 2**40))
        parts = sent(Opcode.BINARY, b"x" * 60, fin=False) + sent(Opcode.CONTINUATION, b"x" * 41)[:6]
        self.assert_broken(1009, parts, limit=100)

    def test_a_message_of_very_many_fragments_is_refused(self) -> None:
        most = sent(Opcode.BINARY, fin=False) + sent(Opcode.CONTINUATION, fin=False) * (limits.WEBSOCKET_FRAGMENTS - 1)
        self.assertEqual(read(most), [])
        self.assert_broken(1009, most + sent(Opcode.CONTINUATION, fin=False))

    def test_every_close_code_is_judged(self) -> None:
        for code in (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 4409, 4999):
            with self.subTest(code):
                self.assertEqual(read(sent(Opcode.CLOSE, struct.pack(">H", code))), [Close(code, "")])
        for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65_535):
            with self.subTest(code):
                self.assert_broken(1002, sent(Opcode.CLOSE, struct.pack(">H", code)))
        self.assertEqual(read(sent(Opcode.CLOSE)), [Close(CloseCode.NO_STATUS, "")])
        self.assert_broken(1002, sent(Opcode.CLOSE, b"\x03"))
        self.assert_broken(1007, sent(Opcode.CLOSE, b"\x03\xe8\xc3\x28"))

    def test_nothing_is_read_after_a_close(self) -> None:
        end = sent(Opcode.CLOSE, struct.pack(">H", 1001) + "déjà".encode())
        self.assertEqual(read(end + sent(Opcode.BINARY, b"late"), b"\xff\xff"), [Close(1001, "déjà")])

    def test_random_bytes_are_an_event_or_a_broken_rule_and_nothing_else(self) -> None:
        seed = random.randrange(2**32)
        pick = random.Random(seed)
        broken = 0
        for attempt in range(3000):
            data = bytearray(sent(Opcode.BINARY, b"abc") + sent(Opcode.PING, b"d") + sent(Opcode.BINARY, b"e" * 130))
            for change in range(pick.randrange(1, 4)):
                data[pick.randrange(len(data))] = pick.randrange(256)
            try:
                read(bytes(data[: pick.randrange(1, len(data))]), limit=200)
            except Broken as rule:
                broken += 1
                self.assertIn(rule.code, (1002, 1003, 1007, 1009), f"seed {seed}, attempt {attempt}")
        self.assertGreater(broken, 100, f"seed {seed}")


class SendingTest(unittest.TestCase):
    def test_each_length_has_its_shortest_form(self) -> None:
        for size, head in (
            (0, b"\x82\x00"), (125, b"\x82\x7d"), (126, b"\x82\x7e\x00\x7e"), (65_535, b"\x82\x7e\xff\xff"),
            (65_536, b"\x82\x7f" + struct.pack(">Q", 65_536)),
        ):  # fmt: skip
            with self.subTest(size):
                self.assertEqual(websocket.frame(Opcode.BINARY, bytes(size)), head + bytes(size))

    def test_a_close_carries_its_code_and_a_reason_that_fits(self) -> None:
        self.assertEqual(websocket.close_frame(4409, "superseded"), b"\x88\x0c\x11\x39superseded")
        long = websocket.close_frame(1011, "é" * 100)
        self.assertEqual(long[1], len(long) - 2)
        self.assertEqual(long[4:].decode(), "é" * 61)


class UnmaskTest(unittest.TestCase):
    def test_it_is_what_the_loop_over_bytes_gives(self) -> None:
        for size in range(70):
            body, mask = bytes(range(size)), b"\x00\xff\x80\x01"
            expected = bytes(byte ^ mask[at % 4] for at, byte in enumerate(body))
            self.assertEqual(websocket.unmask(body, mask), expected, size)

    def test_it_costs_less_than_the_loop_over_bytes(self) -> None:
        body, mask = bytes(65_536), b"\x01\x02\x03\x04"

        def took(work) -> float:
            times = []
            for attempt in range(5):
                begun = time.perf_counter()
                work()
                times.append(time.perf_counter() - begun)
            return min(times)

        loop = took(lambda: bytes(byte ^ mask[at % 4] for at, byte in enumerate(body)))
        self.assertLess(took(lambda: websocket.unmask(body, mask)), loop / 4)
