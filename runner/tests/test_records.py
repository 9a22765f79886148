"""records.py: exactly once and in order, whatever the link does."""

from __future__ import annotations

import itertools
import json
import random
import struct
import unittest
from typing import Hashable, Iterator, Optional, Union
from unittest import mock

from _runner import limits
from _runner.errors import ProtocolError
from _runner.frames import Flag, Frame, FrameKind, FrameReader, encode
from _runner.given_up import GivenUp, WholeFrames, stand_in
from _runner.messages import Message, MessageReader, encoded_frames
from _runner.records import Receiver, Record, Sender


class SenderTest(unittest.TestCase):
    def test_what_is_written_is_taken_once_in_order_in_pieces_of_the_limit(self) -> None:
        sender = Sender()
        data = bytes(range(256)) * 600
        for at in range(0, len(data), 1000):
            sender.write(data[at : at + 1000])
        records = list(iter(sender.take, None))
        self.assertEqual(b"".join(record.data for record in records), data)
        self.assertEqual(max(len(record.data) for record in records), limits.RECORD)
        self.assertEqual([record.offset for record in records], list(range(0, len(data), limits.RECORD)))
        self.assertIsNone(sender.take())

    def test_what_is_not_acknowledged_is_sent_again_and_what_is_is_freed(self) -> None:  # rule: REC-14
        sender = Sender()
        sender.write(b"abc")
        sender.write(b"def")
        sender.take()
        sender.acknowledge(2)
        self.assertEqual((sender.unacked, sender.unsent), (4, 0))
        sender.cut()
        sender.resume(4)
        self.assertEqual(sender.take(), Record(4, b"ef"))
        sender.acknowledge(6)
        self.assertEqual(sender.unacked, 0)

    def test_an_acknowledgement_of_what_was_never_sent_or_that_goes_back_is_a_broken_rule(self) -> None:  # rule: REC-3
        sender = Sender()
        sender.write(b"abcdef")
        for wrong in (1, 7, 2**63, 2**64 - 1):
            with self.subTest(wrong), self.assertRaisesRegex(ProtocolError, "REC-3"):
                sender.acknowledge(wrong)
        sender.take()
        sender.acknowledge(4)
        for wrong in (-1, 0, 3, 7):
            with self.subTest(wrong), self.assertRaisesRegex(ProtocolError, "REC-3"):
                sender.acknowledge(wrong)
        sender.cut()
        sender.resume(4)
        self.assertEqual(sender.take(), Record(4, b"ef"), "what was refused has freed nothing")

    def test_after_a_cut_what_had_been_sent_before_it_may_still_be_acknowledged(self) -> None:
        sender = Sender()
        sender.write(b"abcdef")
        sender.take()
        sender.cut()
        sender.resume(6)
        self.assertIsNone(sender.take())

    def test_cuts_while_nothing_is_on_its_way_or_something_comes_the_other_way_are_no_poison(self) -> None:  # rule: REC-9
        sender = Sender()
        sender.write(b"abc")
        for _ in range(2 * limits.RECORD_CUTS_BEFORE_POISON):
            sender.cut()  # it was not sent
            sender.resume(0)
        self.assertIsNone(sender.poisoned)
        for _ in range(2 * limits.RECORD_CUTS_BEFORE_POISON):
            sender.take()
            sender.forgive()
            sender.cut()
            sender.resume(0)
        self.assertIsNone(sender.poisoned)

    def test_pieces_become_smaller_while_cuts_bring_no_progress(self) -> None:  # rule: REC-9
        sender = Sender()
        sender.write(bytes(1_000_000))
        pieces = []
        for cut in range(limits.RECORD_CUTS_BEFORE_POISON - 1):
            pieces.append(len(sender.take().data))
            self.assertIsNone(sender.poisoned)
            sender.cut()
            sender.resume(0)
        kib = [size // limits.KIB for size in pieces]
        self.assertEqual(kib, [64, 64, 64, 16, 4, 1, 1])
        sender.take()
        sender.cut()
        self.assertEqual(sender.poisoned, Record(0, bytes(limits.RECORD_MIN)))
        sender.resume(limits.RECORD_MIN)
        self.assertIsNone(sender.poisoned, "progress clears it")
        self.assertEqual(sender.piece, limits.RECORD_MIN, "the link that needed small pieces is the same link")
        sender.write(bytes(limits.RECORD_GROW))
        while sender.piece < limits.RECORD:
            record = sender.take()
            sender.acknowledge(record.offset + len(record.data))
        self.assertTrue(limits.RECORD_GROW <= sender.acked < limits.RECORD_GROW + 2 * limits.RECORD_MIN)

    def test_in_the_least_pieces_one_is_on_its_way_at_a_time_until_some_came_through(self) -> None:  # rule: REC-9
        sender = Sender()
        sender.write(bytes(1_000_000))
        while sender.piece > limits.RECORD_MIN:
            sender.take()
            sender.cut()
            sender.resume(0)
        acked = 0
        while acked < limits.RECORD_CALM:
            self.assertEqual(sender.take(), Record(acked, bytes(limits.RECORD_MIN)))
            self.assertIsNone(sender.take())
            acked += limits.RECORD_MIN
            sender.acknowledge(acked)
        self.assertIsNotNone(sender.take())
        self.assertIsNotNone(sender.take(), "a link that lives is not held up")

    def test_a_link_that_dies_every_8_kib_still_makes_progress(self) -> None:
        sender, receiver = Sender(), Receiver()
        data = random.Random(5).getrandbits(8 * 300_000).to_bytes(300_000, "big")
        sender.write(data)
        got, links = b"", 0
        while len(got) < len(data):
            links += 1
            sender.resume(receiver.received)
            left = 8192
            while (record := sender.take()) is not None and len(record.data) <= left:
                left -= len(record.data)
                got += receiver.accept(record)
            sender.cut()
            self.assertIsNone(sender.poisoned)
            self.assertLess(links, 400)
        self.assertEqual(got, data)


class ReceiverTest(unittest.TestCase):
    def test_what_came_before_is_dropped_and_counted_also_where_only_a_part_of_it_did(self) -> None:  # rule: REC-2
        receiver = Receiver()
        self.assertEqual(receiver.accept(Record(0, b"abc")), b"abc")
        self.assertEqual(receiver.accept(Record(0, b"abc")), b"")
        self.assertEqual(receiver.accept(Record(1, b"bcde")), b"de")
        self.assertEqual((receiver.received, receiver.duplicates), (5, 5))

    def test_a_gap_is_a_broken_rule(self) -> None:  # rule: REC-2
        receiver = Receiver()
        receiver.accept(Record(0, b"abc"))
        with self.assertRaisesRegex(ProtocolError, "REC-2: .*begins at 4, but 3"):
            receiver.accept(Record(4, b"e"))
        self.assertEqual(receiver.received, 3)

    def test_an_acknowledgement_is_due_by_bytes_or_by_records(self) -> None:  # rule: REC-13
        receiver = Receiver()
        self.assertFalse(receiver.owes or receiver.due)
        receiver.accept(Record(0, b"x"))
        self.assertTrue(receiver.owes)
        self.assertFalse(receiver.due)
        for at in range(1, limits.RECORD_ACK_RECORDS):
            receiver.accept(Record(at, b"x"))
        self.assertTrue(receiver.due)
        self.assertEqual(receiver.told(), limits.RECORD_ACK_RECORDS)
        self.assertFalse(receiver.owes or receiver.due)
        receiver.accept(Record(limits.RECORD_ACK_RECORDS, bytes(limits.RECORD_ACK_BYTES)))
        self.assertTrue(receiver.due)

    def test_a_record_sent_again_is_acknowledged_again(self) -> None:
        receiver = Receiver()
        receiver.accept(Record(0, b"abc"))
        receiver.told()
        receiver.accept(Record(0, b"abc"))
        self.assertTrue(receiver.owes, "its first acknowledgement may be lost")


class Direction:
    """One direction of a link that may be cut, and whose old connections may still deliver while a new one is made."""

    DATA = b"abcdef"
    WRITTEN = 2  # bytes at a time

    def __init__(self, receiver: Receiver) -> None:
        self.sender, self.receiver = Sender(), receiver
        self.written = 0
        self.got = b""
        self.linked = True
        self.answer: Optional[int] = None  # to the sender's attach, on its way
        self.records: list[Record] = []
        self.old_records: list[Record] = []
        self.acks: list[int] = []

    def possible(self) -> Iterator[str]:
        if self.written < len(self.DATA):
            yield "write"
        if self.old_records:
            yield "deliver old"
        if self.linked:
            yield "cut"
            if self.sender.ready:
                yield "send"
            if self.records:
                yield "deliver"
            if self.receiver.owes:
                yield "say"
            if self.acks:
                yield "hear"
        else:
            yield "attach" if self.answer is None else "attached"

    def happen(self, event: str) -> None:
        if event == "write":
            self.sender.write(self.DATA[self.written : self.written + self.WRITTEN])
            self.written += self.WRITTEN
        elif event == "send":
            self.records.append(self.sender.take())
        elif event == "deliver":
            self.got += self.receiver.accept(self.records.pop(0))
        elif event == "deliver old":
            self.got += self.receiver.accept(self.old_records.pop(0))
        elif event == "say":
            self.acks.append(self.receiver.told())
        elif event == "hear":
            self.sender.acknowledge(self.acks.pop(0))
        elif event == "cut":
            self.linked = False
            self.old_records = self.records
            self.records, self.acks = [], []
            self.sender.cut()
        elif event == "attach":
            self.answer = self.receiver.received
        elif event == "attached":
            self.linked = True
            self.sender.resume(self.answer)
            self.answer = None

    def state(self) -> Hashable:
        return (
            self.written, self.got, self.linked, self.answer, tuple(self.records), tuple(self.old_records),
            tuple(self.acks), self.sender.acked, self.sender.unsent, self.sender.piece, self.receiver.received,
            self.receiver.owes, self.sender.ready,
        )  # fmt: skip


def reply(id: int, what: str = '"result":5') -> bytes:
    """A frame that is the whole reply of that id."""
    envelope = b'{"jsonrpc":"2.0","id":%d,%b}' % (id, what.encode())
    body = len(envelope).to_bytes(4, "big") + b"\0\0" + envelope
    return encode(Frame(FrameKind.RELAY, Flag.FIRST | Flag.LAST, 0, 1, 1, 1, id, body))


class PoisonDirection(Direction):
    """The same with frames, one of which no connection survives."""

    FRAMES = (reply(1), reply(2), reply(3))
    DATA = b"".join(FRAMES)
    WRITTEN = len(FRAMES[0])
    POISON = len(FRAMES[0]) + 40  # the offset of a byte in the second

    def __init__(self, receiver: Receiver) -> None:
        super().__init__(receiver)
        self.whole = WholeFrames()

    def happen(self, event: str) -> None:
        if event == "deliver" and self._kills(self.records[0]):
            event = "cut"
        if event == "cut":
            self.records = list(itertools.takewhile(lambda record: not self._kills(record), self.records))
        if event in ("deliver", "deliver old"):
            queue = self.records if event == "deliver" else self.old_records
            record = queue.pop(0)
            if isinstance(record, GivenUp):
                frame = self.receiver.accept_given_up(record)
                self.got += b"" if frame is None else self.whole.instead(frame)
            else:
                self.got += self.whole.feed(self.receiver.accept(record))
            return
        super().happen(event)

    def _kills(self, record: Union[Record, GivenUp]) -> bool:
        return isinstance(record, Record) and record.offset <= self.POISON < record.offset + len(record.data)

    def state(self) -> Hashable:
        sender = self.sender
        return (*super().state(), sender._cuts, sender._careful, sender._lost, self.whole._held)

    def fault(self) -> Optional[str]:
        """Each frame once, in its place, as it was or as what stands in for it."""
        frames = list(FrameReader().feed(self.got))
        for place, frame in enumerate(frames, 1):
            error = b"transport_poison" in frame.body
            if frame.message != place or not (error or encode(frame) == reply(place)) or (place == 2 and not error):
                return f"{frame} in place {place}"
        return None


class PoisonTest(unittest.TestCase):
    """What is given up, with pieces and patience that are small."""

    def setUp(self) -> None:
        for name, value in (("RECORD", 150), ("RECORD_MIN", 48), ("RECORD_CUTS_BEFORE_SMALLER", 1), ("RECORD_CUTS_BEFORE_POISON", 3)):
            patch = mock.patch.object(limits, name, value)
            patch.start()
            self.addCleanup(patch.stop)

    def test_a_frame_that_no_link_survives_is_given_up_alone(self) -> None:  # rule: REC-9, REC-19
        direction = PoisonDirection(Receiver())
        steps = 0
        while direction.receiver.received < len(direction.DATA):
            steps += 1
            self.assertLess(steps, 200)
            direction.happen(next(event for event in direction.possible() if event != "cut"))
        frames = list(FrameReader().feed(direction.got))
        self.assertEqual([encode(frames[0]), encode(frames[2])], [reply(1), reply(3)], "the innocent ones come as they are")
        self.assertIn(b'"id":2,"error":{"code":-32024,', frames[1].body)
        self.assertIn(b"no connection survived the record at byte", frames[1].body)
        self.assertEqual(direction.sender.given_up, 1)
        self.assertIsNone(direction.sender.poisoned)
        self.assertEqual(direction.sender.piece, limits.RECORD, "the link is not what was wrong")

    def test_no_order_of_events_loses_doubles_or_moves_a_frame(self) -> None:  # rule: REC-19
        seen: set[Hashable] = set()
        layer: list[tuple[str, ...]] = [()]
        for step in range(20):
            following = []
            for history in layer:
                for event in self._after(history).possible():
                    then = self._after((*history, event))
                    self.assertIsNone(then.fault(), (*history, event))
                    if then.state() not in seen:
                        seen.add(then.state())
                        following.append((*history, event))
            layer = following
        self.assertGreater(len(seen), 1000)
        print(f"records: {len(seen)} states with a poison within 20 events")

    def _after(self, history: tuple[str, ...]) -> PoisonDirection:
        direction = PoisonDirection(Receiver())
        for event in history:
            direction.happen(event)
        return direction

    def test_after_any_history_the_rest_gets_through_and_what_kills_is_given_up(self) -> None:  # rule: REC-19
        seed = random.randrange(2**32)
        pick = random.Random(seed)
        for attempt in range(300):
            direction = PoisonDirection(Receiver())
            for step in range(pick.randrange(60)):
                direction.happen(pick.choice(list(direction.possible())))
            for step in range(300):
                events = [event for event in direction.possible() if event != "cut"]
                if not events:
                    break
                direction.happen(pick.choice(events))
            where = f"seed {seed}, attempt {attempt}"
            self.assertIsNone(direction.fault(), where)
            if direction.sender.poisoned is None:  # else its stand-in had been cut as often
                self.assertEqual((len(list(FrameReader().feed(direction.got))), direction.sender.unacked), (3, 0), where)

    def test_a_stand_in_that_does_not_get_through_either_ends_the_link(self) -> None:  # rule: REC-19
        sender = Sender()
        sender.write(reply(1))
        for cut in range(2 * limits.RECORD_CUTS_BEFORE_POISON):
            self.assertIsNone(sender.poisoned)
            sender.take()
            sender.cut()
            if cut < 2 * limits.RECORD_CUTS_BEFORE_POISON - 1:
                sender.resume(0)
        self.assertEqual(sender.given_up, 1)
        self.assertIsNotNone(sender.poisoned)

    def test_what_has_an_answer_to_give_is_given_up_and_nothing_else(self) -> None:  # rule: REC-19
        def given_up(kind: FrameKind, flags: int, body: bytes) -> Optional[Frame]:
            whole = encode(Frame(kind, flags, 3, 1, 2, 4, 5, body))
            instead = stand_in(whole, "why")
            if instead is None:
                return None
            padded = Receiver().accept_given_up(GivenUp(0, len(whole), instead))
            (frame,) = FrameReader().feed(padded)
            self.assertEqual(frame[2:7], (3, 1, 2, 4, 5))
            return frame

        def message(envelope: bytes, attachment: bytes = b"") -> bytes:
            return struct.pack(">IHI", len(envelope), 1, len(attachment)) + envelope + attachment

        whole = Flag.FIRST | Flag.LAST
        call = b'{"jsonrpc":"2.0","id":7,"method":"tool.call","params":{"name":"x"}}'
        frame = given_up(FrameKind.RELAY, whole, message(call, bytes(500)))
        said = MessageReader().accept(frame)
        self.assertEqual(json.loads(said.envelope)["params"], {"givenUp": "why"})
        self.assertEqual((json.loads(said.envelope)["id"], len(frame.body)), (7, 10 + len(call) + 500))
        late = given_up(FrameKind.STDOUT, Flag.LATE, b"hello")
        self.assertEqual((late.flags, late.body), (Flag.LATE | Flag.GIVEN_UP, b"\0\0\0\5why"))
        report = given_up(FrameKind.RELAY, whole, message(b'{"jsonrpc":"2.0","method":"cell.report","params":{}}'))
        self.assertIn(b'"method":"cell.report","params":{"givenUp":"why"}', report.body)
        self.assertIsNone(given_up(FrameKind.MESSAGE, whole, message(b'{"jsonrpc":"2.0","method":"generation","params":{}}')))
        self.assertIsNone(given_up(FrameKind.MESSAGE, whole, message(b"something else")))
        for kind in (FrameKind.HELLO, FrameKind.CREDIT, FrameKind.PING):
            self.assertIsNone(given_up(kind, 0, b"{}"), kind)

    def test_a_message_one_of_whose_chunks_was_given_up_says_so_and_no_more(self) -> None:  # rule: REC-19
        envelope = b'{"jsonrpc":"2.0","id":7,"result":{"$py":"bytes","at":0}}'
        frames = list(encoded_frames(Message(FrameKind.RELAY, 0, 1, 1, 1, 9, envelope, [bytes(300_000)])))
        for lost in range(len(frames)):
            instead = stand_in(frames[lost], "it was poison")
            padded = Receiver().accept_given_up(GivenUp(0, len(frames[lost]), instead))
            reader, found = MessageReader(), []
            for frame in FrameReader().feed(b"".join([*frames[:lost], padded, *frames[lost + 1 :]])):
                found.append(reader.accept(frame))
            error = json.loads(found[-1].envelope)
            self.assertEqual((error["id"], error["error"]["message"]), (7, "it was poison"), lost)
            self.assertIs(error["error"]["data"]["reply"], True)

    def test_a_gap_before_what_stands_in_is_counted_as_any_other(self) -> None:  # rule: REC-2, REC-19
        receiver = Receiver()
        with self.assertRaisesRegex(ProtocolError, "a record begins at 5, but 0 is the next byte"):
            receiver.accept_given_up(GivenUp(5, 10, b""))
        self.assertEqual((receiver.gaps, receiver.received), (1, 0))

    def test_what_stands_in_is_one_frame_and_stands_for_something(self) -> None:  # rule: REC-19
        good = reply(1)
        for wrong in (
            GivenUp(0, 0, good), GivenUp(0, limits.FRAME + 1, good), GivenUp(0, 66, b"short"), GivenUp(0, 66, good + b"x"), GivenUp(0, 66, bytes(24)),
            GivenUp(0, 66, (limits.FRAME).to_bytes(4, "big") + bytes(20)),
        ):  # fmt: skip
            with self.subTest(wrong), self.assertRaisesRegex(ProtocolError, "REC-19"):
                Receiver().accept_given_up(wrong)
        with self.assertRaisesRegex(ProtocolError, "REC-2: "):
            Receiver().accept_given_up(GivenUp(1, 66, good))


class WholeFramesTest(unittest.TestCase):
    def test_frames_come_whole_however_they_were_cut(self) -> None:
        data = b"".join(map(reply, range(1, 6)))
        for size in (1, 3, 23, 24, 25, 67, 200):
            whole, got = WholeFrames(), []
            for at in range(0, len(data), size):
                got.append(whole.feed(data[at : at + size]))
                list(FrameReader().feed(got[-1])) and FrameReader().finish()
            self.assertEqual(b"".join(got), data, size)

    def test_what_are_no_frames_is_passed_on_at_once(self) -> None:
        for garbage in (b"G", b"\0\1", b"\0\0\0\1", b"\0\0\0\0\0"):
            with self.subTest(garbage):
                whole = WholeFrames()
                self.assertEqual(whole.feed(reply(1) + garbage), reply(1) + garbage)
                self.assertEqual(whole.feed(b"more"), b"more")


class ExplorationTest(unittest.TestCase):
    """Every order of the events of one direction, with a stream and with pieces that are small."""

    def setUp(self) -> None:
        for name, value in (("RECORD", 2), ("RECORD_MIN", 1), ("RECORD_CALM", 1), ("RECORD_CUTS_BEFORE_SMALLER", 2)):
            patch = mock.patch.object(limits, name, value)
            patch.start()
            self.addCleanup(patch.stop)

    def explore(self, depth: int, receiver: type[Receiver] = Receiver) -> tuple[int, Optional[str]]:
        """The number of states that can be reached so, and the first fault."""
        seen = {Direction(receiver()).state()}
        layer: list[tuple[str, ...]] = [()]
        for step in range(depth):
            following = []
            for history in layer:
                for event in self._after(history, receiver).possible():
                    try:
                        then = self._after((*history, event), receiver)
                    except ProtocolError as problem:
                        return len(seen), f"{problem} after {history} and {event}"
                    if not then.DATA.startswith(then.got):
                        return len(seen), f"{then.got!r} after {history} and {event}"
                    if then.state() not in seen:
                        seen.add(then.state())
                        following.append((*history, event))
            layer = following
        return len(seen), None

    def _after(self, history: tuple[str, ...], receiver: type[Receiver]) -> Direction:
        direction = Direction(receiver())
        for event in history:
            direction.happen(event)
        return direction

    def test_no_order_of_events_loses_or_doubles_a_byte(self) -> None:  # rule: REC-2, REC-14
        states, fault = self.explore(22)
        self.assertIsNone(fault)
        self.assertGreater(states, 5000)
        print(f"records: {states} states within 22 events")

    def test_a_receiver_that_takes_all_that_comes_is_found(self) -> None:
        class Eager(Receiver):
            def accept(self, record: Record) -> bytes:
                super().accept(record)
                return record.data

        self.assertIsNotNone(self.explore(12, Eager)[1])

    def test_a_receiver_that_acknowledges_before_it_took_over_is_found(self) -> None:
        class Hasty(Receiver):
            def told(self) -> int:
                return super().told() + 1

        self.assertIsNotNone(self.explore(12, Hasty)[1])

    def test_after_any_history_an_undisturbed_link_delivers_the_rest(self) -> None:
        seed = random.randrange(2**32)
        pick = random.Random(seed)
        for attempt in range(500):
            direction = Direction(Receiver())
            for step in range(pick.randrange(40)):
                direction.happen(pick.choice(list(direction.possible())))
            for step in range(60):
                events = [event for event in direction.possible() if event != "cut"]
                if not events:
                    break
                direction.happen(pick.choice(events))
            self.assertEqual(direction.got, direction.DATA, f"seed {seed}, attempt {attempt}")
            self.assertEqual(direction.sender.unacked, 0, f"seed {seed}, attempt {attempt}")
