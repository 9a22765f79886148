"""frames.py: FRM-1 to FRM-8."""

from __future__ import annotations

import random
import unittest

from _runner import limits
from _runner.errors import ProtocolError
from _runner.frames import Flag, Frame, FrameKind, FrameReader, decode_credit, encode, encode_credit, encode_fields


def frame(body: bytes = b"", kind: int = FrameKind.STDOUT, flags: int = 0) -> Frame:
    return Frame(int(kind), int(flags), 1, 2, 3, 4, 5, body)


class FrameReaderTest(unittest.TestCase):
    def assert_broken(self, rule: str, data: bytes) -> None:
        reader = FrameReader()
        with self.assertRaises(ProtocolError) as caught:
            list(reader.feed(data))
        self.assertEqual(caught.exception.rule, rule)
        with self.assertRaises(ProtocolError):  # rule: FRM-7
            list(reader.feed(encode(frame())))

    def test_frames_are_the_same_however_the_bytes_are_cut(self) -> None:  # rule: FRM-3
        sent = [frame(b""), frame("é".encode() * 999), frame(b"x" * limits.FRAME_BODY), frame(b"\xf0\x9f\x98\x80")]
        data = b"".join(map(encode, sent))
        whole = list(FrameReader().feed(data))
        self.assertEqual(whole, sent)
        seed = random.randrange(2**32)
        pick = random.Random(seed)
        for attempt in range(50):
            reader, got, at = FrameReader(), [], 0
            while at < len(data):
                size = pick.choice((1, 2, 3, 23, 24, 25, 1000, 70_000))
                got += reader.feed(data[at : at + size])
                at += size
            self.assertEqual(got, sent, f"seed {seed}, attempt {attempt}")
            reader.finish()

    def test_all_frames_of_one_read_are_delivered_before_a_fault_behind_them(self) -> None:  # rule: FRM-4
        reader, got = FrameReader(), []
        with self.assertRaises(ProtocolError):
            for found in reader.feed(encode(frame(b"a")) + encode(frame(b"b")) + b"\xff"):
                got.append(found.body)
        self.assertEqual(got, [b"a", b"b"])

    def test_garbage_is_noticed_at_its_first_byte(self) -> None:  # rule: FRM-2
        for garbage in (b"{", b"hello\n", b"\xff\xfe", b"\x00\x01", b"\x00\x00\x00\x13", b"\x00\x00\xff\xfd"):
            with self.subTest(garbage):
                self.assert_broken("FRM-2", garbage)

    def test_a_fault_names_rule_and_bytes(self) -> None:  # rule: FRM-7
        with self.assertRaisesRegex(ProtocolError, "FRM-2: .*68 65 6c 6c 6f"):
            list(FrameReader().feed(b"hello"))

    def test_an_unknown_kind_is_skipped_only_if_optional(self) -> None:  # rule: FRM-5
        known = encode(frame(b"k"))
        skipped = encode(frame(b"?", kind=99, flags=Flag.OPTIONAL))
        self.assertEqual([f.body for f in FrameReader().feed(skipped + known)], [b"k"])
        self.assert_broken("FRM-5", encode(frame(b"?", kind=99)))

    def test_an_end_inside_a_frame_is_not_a_clean_end(self) -> None:  # rule: FRM-6
        data = encode(frame(b"abc"))
        for cut in range(1, len(data)):
            reader = FrameReader()
            self.assertEqual(list(reader.feed(data[:cut])), [])
            with self.assertRaises(ProtocolError) as caught:
                reader.finish()
            self.assertEqual(caught.exception.rule, "FRM-6")

    def test_a_body_that_does_not_fit_is_refused_by_the_writer(self) -> None:  # rule: FRM-1
        self.assertEqual(len(encode(frame(b"x" * limits.FRAME_BODY))), limits.FRAME)
        with self.assertRaises(ProtocolError):
            encode(frame(b"x" * (limits.FRAME_BODY + 1)))

    def test_credit_goes_there_and_back_and_another_size_is_refused(self) -> None:  # rule: TRN-4
        (found,) = FrameReader().feed(encode_credit(7, 2, 65_536))
        self.assertEqual((found.session, *decode_credit(found)), (7, 2, 65_536))
        (short,) = FrameReader().feed(encode_fields(FrameKind.CREDIT, 0, 0, 1, 0, 0, 0, b"abc"))
        with self.assertRaises(ProtocolError):
            decode_credit(short)
