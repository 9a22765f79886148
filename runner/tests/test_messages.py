"""messages.py: FRM-10 to FRM-15."""

from __future__ import annotations

import random
import struct
import unittest

from _runner import limits
from _runner.errors import ProtocolError, RpcError
from _runner.frames import Flag, Frame, FrameKind, FrameReader
from _runner.messages import Message, MessageLedger, MessageReader, encoded_frames

RELAY, MESSAGE = int(FrameKind.RELAY), int(FrameKind.MESSAGE)


def frames_of(message: Message) -> list[Frame]:
    reader = FrameReader()
    return [frame for data in encoded_frames(message) for frame in reader.feed(data)]


def message(number: int, envelope: bytes = b"{}", attachments: tuple[bytes, ...] = (), kind: int = RELAY) -> Message:
    return Message(kind, 0, 1, 1, 1, number, envelope, attachments)


def first(head: bytes, flags: int = Flag.FIRST, kind: int = RELAY) -> Frame:
    return Frame(kind, int(flags), 0, 1, 1, 1, 1, head)


class MessageReaderTest(unittest.TestCase):
    def assert_broken(self, rule: str, *frames: Frame) -> None:
        reader = MessageReader()
        with self.assertRaises(ProtocolError) as caught:
            for frame in frames:
                reader.accept(frame)
        self.assertEqual(caught.exception.rule, rule)

    def test_a_message_of_any_size_arrives_whole(self) -> None:  # rule: FRM-10
        body = limits.FRAME_BODY
        for size in (0, 1, body - 7, body - 6, body - 5, body, body + 1, 2 * body, 950_000):
            for attachments in ((), (b"",), (b"a" * size, b"", b"b" * 3)):
                sent = message(1, b"x" * size, attachments)
                got = [found for frame in frames_of(sent) for found in [MessageReaderTest.reader.accept(frame)] if found]
                self.assertEqual([bytes(got[0].envelope), [bytes(a) for a in got[0].attachments]], [sent.envelope, list(attachments)])
                self.assertEqual(len(got), 1)

    reader = MessageReader()

    def test_interleaved_messages_are_kept_apart(self) -> None:  # rule: FRM-12
        pick = random.Random(4)
        queues = [frames_of(message(n, bytes([n]) * (n * 50_000))) for n in range(1, 6)]
        reader, got = MessageReader(), {}
        while any(queues):
            queue = pick.choice([queue for queue in queues if queue])
            found = reader.accept(queue.pop(0))
            if found:
                got[found.number] = found.envelope
        self.assertEqual(got, {n: bytes([n]) * (n * 50_000) for n in range(1, 6)})

    def test_sums_that_do_not_fit_the_head_are_refused(self) -> None:  # rule: FRM-10
        head = struct.pack(">IH", 10, 0)
        self.assert_broken("FRM-10", first(head + b"x" * 11))
        self.assert_broken("FRM-10", first(head + b"x" * 10))
        self.assert_broken("FRM-10", first(head + b"x" * 9, Flag.FIRST | Flag.LAST))

    def test_a_head_beyond_the_limits_is_refused_before_anything_is_kept(self) -> None:  # rule: FRM-11
        self.assert_broken("FRM-11", first(struct.pack(">IH", limits.MESSAGE + 1, 0)))
        self.assert_broken("FRM-11", first(struct.pack(">IH", 0, limits.ATTACHMENTS + 1)))
        self.assert_broken("FRM-11", first(struct.pack(">IHI", 1, 1, limits.MESSAGE)))

    def test_chunks_without_a_beginning_and_two_beginnings_are_refused(self) -> None:  # rule: FRM-13
        self.assert_broken("FRM-13", first(b"abc", 0))
        head = struct.pack(">IH", 10, 0)
        self.assert_broken("FRM-13", first(head), first(head))

    def test_a_head_that_is_cut_and_a_large_envelope_for_a_kernel_are_refused(self) -> None:  # rule: FRM-14
        self.assert_broken("FRM-14", first(b"\0\0\0"))
        self.assert_broken("FRM-14", first(struct.pack(">IHI", 1, 2, 0)))
        size = limits.KERNEL_ENVELOPE + 1
        self.assert_broken("FRM-14", *frames_of(message(1, b"x" * size, kind=MESSAGE)))

    def test_too_many_open_messages_are_refused(self) -> None:  # rule: FRM-15
        reader = MessageReader()
        head = struct.pack(">IH", 10, 0)
        for number in range(limits.OPEN_MESSAGES):
            reader.accept(first(head)._replace(message=number))
        with self.assertRaises(ProtocolError) as caught:
            reader.accept(first(head)._replace(message=limits.OPEN_MESSAGES))
        self.assertEqual(caught.exception.rule, "FRM-15")
        reader.forget_generation(1, 1)
        self.assertIsNone(reader.accept(first(head)))

    def test_what_was_half_told_to_a_closed_session_is_forgotten(self) -> None:  # rule: LIF-8
        ledger, head = MessageLedger(), struct.pack(">IH", 10, 0)
        for number in range(limits.OPEN_MESSAGES):
            ledger.accept(first(head)._replace(message=number))
        ledger.forget_session(2)
        with self.assertRaises(ProtocolError) as caught:
            ledger.accept(first(head)._replace(message=limits.OPEN_MESSAGES))
        self.assertEqual(caught.exception.rule, "FRM-15")
        ledger.forget_session(1)
        self.assertIsNotNone(ledger.accept(first(head)._replace(message=limits.OPEN_MESSAGES)))

    def test_a_message_above_the_limit_is_refused_before_anything_is_sent(self) -> None:
        large = bytes(limits.MESSAGE // 2 + 1)
        with self.assertRaises(RpcError):
            next(encoded_frames(message(1, b"{}", (large, large))))
        with self.assertRaises(RpcError):
            next(encoded_frames(message(1, b"{}", (b"",) * (limits.ATTACHMENTS + 1))))
