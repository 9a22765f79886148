"""RFC 6455, case by case, against a listening runner: what a stranger's client may send, and what it is told."""

from __future__ import annotations

import pathlib
import random
import struct
import unittest
from typing import Any, NamedTuple, Optional

from _runner import limits
from _runner.link import Kind
from _runner.websocket import Opcode
from tests.support.listening import MESSAGE, Peer, Runner, attach, head, masked, number, said
from tests.support.tier import tell

PASSED_OVER = b"\x80"  # a kind of message that whoever does not know it passes over
CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = (int(opcode) for opcode in Opcode)
END = masked(PING, b"end")  # what comes back shows that the connection took all before it


class Case(NamedTuple):
    name: str
    sent: bytes
    expected: str  # what comes back, in words


def closing(code: int, reason: bytes = b"") -> bytes:
    return masked(CLOSE, struct.pack(">H", code) + reason)


def message(size: int, **how: Any) -> bytes:
    return masked(BINARY, PASSED_OVER + bytes(size - 1), **how)


def split(body: bytes, parts: int, between: bytes = b"") -> bytes:
    """A message in so many fragments, with these bytes between them."""
    step = -(-len(body) // parts)
    pieces = [body[at : at + step] for at in range(0, len(body), step)]
    sent = []
    for at, piece in enumerate(pieces):
        sent.append(masked(CONTINUATION if at else BINARY, piece, fin=at == len(pieces) - 1))
    return between.join(sent)


ASK = struct.pack(">BQ", Kind.PING, 7)  # a word of the link that is answered
ASKED = "pong of the link 7"

FRAMES = [
    # --- 5.2: the base framing ---
    Case("5.2 a binary message", masked(BINARY, ASK), ASKED),
    Case("5.2 two messages in one segment", masked(BINARY, ASK) * 2, f"{ASKED}, {ASKED}"),
    Case("5.2 a message without a byte", masked(BINARY), "close 4400"),
    *(
        Case(f"5.2 a message of {size} bytes", message(size) + END, "pong 'end'")
        for size in (1, 125, 126, 127, 65_535, 65_536, MESSAGE)
    ),
    Case("5.2 a message of one byte more than the limit", message(MESSAGE + 1), "close 1009"),
    Case("5.2 a frame that announces 1 TiB", head(BINARY, 2**40), "close 1009"),
    Case("5.2 a frame that announces 2^63 - 1 bytes", head(BINARY, 2**63 - 1), "close 1009"),
    Case("5.2 the highest bit of a length", head(BINARY, 2**63), "close 1002"),
    *(
        Case(f"5.2 a length of {size} in {form} bits", head(BINARY, size, form=form), "close 1002")
        for size, form in ((0, 16), (125, 16), (0, 64), (125, 64), (126, 64), (65_535, 64))
    ),
    *(
        Case(f"5.2 reserved bits {bits:03b}", masked(BINARY, ASK, first=0x82 | bits << 4), "close 1002")
        for bits in range(1, 8)
    ),
    *(
        Case(f"5.2 the reserved opcode {opcode}", masked(opcode), "close 1002")
        for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)
    ),
    # --- 5.3: masking ---
    Case("5.3 a mask of zeroes", masked(BINARY, ASK, mask=bytes(4)), ASKED),
    Case("5.3 a frame without a mask", bytes((0x80 | BINARY, len(ASK))) + ASK, "close 1002"),
    Case("5.3 a ping without a mask", bytes((0x80 | PING, 0)), "close 1002"),
    # --- 5.4: fragmentation ---
    *(Case(f"5.4 a message in {parts} fragments", split(ASK, parts), ASKED) for parts in (2, 3, 9)),
    Case("5.4 empty fragments around it",
         masked(BINARY, fin=False) + masked(CONTINUATION, ASK, fin=False) + masked(CONTINUATION), ASKED),
    Case("5.4 a ping between fragments", split(ASK, 2, masked(PING, b"in")), f"pong 'in', {ASKED}"),
    Case("5.4 a pong between fragments", split(ASK, 3, masked(PONG, b"in")), ASKED),
    Case("5.4 a close between fragments", split(ASK, 2, closing(1000)), "close 1000"),
    Case("5.4 a new message inside another", masked(BINARY, ASK, fin=False) + masked(BINARY, ASK), "close 1002"),
    Case("5.4 a text inside another message", masked(BINARY, ASK, fin=False) + masked(TEXT, b"x"), "close 1002"),
    Case("5.4 a continuation of nothing", masked(CONTINUATION, ASK), "close 1002"),
    Case("5.4 a continuation after the last fragment", split(ASK, 2) + masked(CONTINUATION), f"{ASKED}, close 1002"),
    Case("5.4 fragments up to the limit", split(PASSED_OVER + bytes(MESSAGE - 1), 4) + END, "pong 'end'"),
    Case("5.4 fragments that are more than the limit together", split(PASSED_OVER + bytes(MESSAGE), 4), "close 1009"),
    Case("5.4 as many fragments as are taken", split(PASSED_OVER + bytes(limits.WEBSOCKET_FRAGMENTS - 1),
         limits.WEBSOCKET_FRAGMENTS) + END, "pong 'end'"),
    Case("5.4 one fragment more",
         split(PASSED_OVER + bytes(limits.WEBSOCKET_FRAGMENTS), limits.WEBSOCKET_FRAGMENTS + 1), "close 1009"),
    # --- 5.5: control frames ---
    *(Case(f"5.5 a ping of {size} bytes", masked(PING, b"p" * size), f"pong '{'p' * size}'") for size in (0, 1, 125)),
    Case("5.5 a ping of 126 bytes", masked(PING, bytes(126)), "close 1002"),
    Case("5.5 a ping that announces 65,536 bytes", head(PING, 65_536), "close 1002"),
    Case("5.5 a pong of 125 bytes that nobody asked for", masked(PONG, bytes(125)) + END, "pong 'end'"),
    Case("5.5 a pong of 126 bytes", masked(PONG, bytes(126)), "close 1002"),
    *(
        Case(f"5.5 a fragmented {name}", masked(opcode, fin=False), "close 1002")
        for name, opcode in (("ping", PING), ("pong", PONG), ("close", CLOSE))
    ),
    Case("5.5 two hundred pings", masked(PING, b"p") * 200, ", ".join(["pong 'p'"] * 200)),
    # --- 5.6: text, of which there is none; so none is ever decoded ---
    Case("5.6 a text message", masked(TEXT, b"{}"), "close 1003"),
    Case("5.6 a text that is not UTF-8", masked(TEXT, b"\xc3\x28"), "close 1003"),
    Case("5.6 a text in fragments", masked(TEXT, b"{", fin=False), "close 1003"),
    # --- 5.5.1, 7: the end ---
    Case("5.5.1 a close without a code", masked(CLOSE), "close 1000"),
    Case("5.5.1 a close with half a code", masked(CLOSE, b"\x03"), "close 1002"),
    Case("5.5.1 a reason of 123 bytes", closing(1000, b"r" * 123), "close 1000"),
    Case("5.5.1 a reason of 124 bytes", closing(1000, b"r" * 124), "close 1002"),
    Case("5.5.1 a reason that is UTF-8", closing(1000, "adiós".encode()), "close 1000"),
    Case("5.5.1 a reason that is not UTF-8", closing(1000, b"\xc3\x28"), "close 1007"),
    Case("5.5.1 a message after a close", closing(1000) + masked(BINARY, ASK), "close 1000"),
    Case("5.5.1 a second close", closing(1000) + closing(1001), "close 1000"),
    Case("5.5.1 a message before a close", masked(BINARY, ASK) + closing(1000), f"{ASKED}, close 1000"),
    *(
        Case(f"7.4 the close code {code}", closing(code), f"close {code}")
        for code in (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999)
    ),
    *(
        Case(f"7.4 the close code {code}", closing(code), "close 1002")
        for code in (0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535)
    ),
]  # fmt: skip

# Words of the link (REC-4): who is attached says nothing that belongs elsewhere.
WORDS = [
    Case("an unknown kind that must be known", masked(BINARY, b"\x7f"), "close 4400"),
    Case("an unknown kind that may be passed over", masked(BINARY, b"\xff?") + masked(BINARY, ASK), ASKED),
    Case("a ping of the link that is too short", masked(BINARY, b"\x05abc"), "close 4400"),
    Case("a record without a byte", masked(BINARY, struct.pack(">BQQ", Kind.RECORD, 0, 0)), "close 4400"),
    Case("an acknowledgement of what was never sent", number(Kind.ACK, 2**40), "close 4400"),
    Case("an acknowledgement of 2^64 - 1", number(Kind.ACK, 2**64 - 1), "close 4400"),
    Case("a second attach", attach(), "close 4400"),
    Case("the runner's own words", said(Kind.ATTACHED, {}), "close 4400"),
    Case("an error, which is the runner's to say", said(Kind.ERROR, {}), "close 4400"),
    Case("JSON that is none", masked(BINARY, b"\x07{"), "close 4400"),
    Case("JSON that is no object", masked(BINARY, b"\x07[]"), "close 4400"),
    Case("JSON of 60,000 levels", masked(BINARY, b"\x07" + b"[" * 60_000), "close 4400"),
    Case("JSON that is too large", said(Kind.GOODBYE, {"x": "y" * limits.LINK_JSON}), "close 4400"),
]  # fmt: skip

# Before anybody is attached.
FIRST_WORDS = [
    Case("a record before the attach", masked(BINARY, struct.pack(">BQQ", Kind.RECORD, 0, 0) + b"x"), "close 4400"),
    Case("a ping of the link before the attach", masked(BINARY, ASK), "close 4400"),
    Case("a ping before the attach", END, "pong 'end'"),
    Case("a goodbye before the attach", said(Kind.GOODBYE, {}), "close 4400"),
    *(
        Case(f"an attach that received {received!r}"[:60], attach(received=received), "error invalid_argument, close 4400")
        for received in (-1, None, True, "0", 0.5, float("nan"), float("inf"), [], 2**63, 2**64, 10**400)
    ),
    *(
        Case(f"an attach to {incarnation!r}"[:60], said(Kind.ATTACH, {"incarnation": incarnation, "received": 0}), told)
        for incarnation, told in (
            ("another", "error epoch_changed, close 4410"), ("", "error epoch_changed, close 4410"),
            ("\ud800", "error epoch_changed, close 4410"),
            *((bad, "error invalid_argument, close 4400") for bad in (7, float("nan"), [], {"a": 1})),
        )
    ),
    Case("an attach to 900 levels",
         masked(BINARY, b'\x01{"received":0,"incarnation":' + b"[" * 900 + b"]" * 900 + b"}"), "error invalid_argument, close 4400"),
    Case("an attach in fragments, a ping in between",
         split(b'\x01{"received":0}', 3, masked(PING, b"in")), "pong 'in', pong 'in', attached"),
]  # fmt: skip


def seen(peer: Peer) -> str:
    """What comes back until the connection ends, or until the answer of `END`, in words."""
    words = []
    try:
        while words[-1:] != ["pong 'end'"]:
            opcode, body = peer.frame()
            if opcode == PONG:
                words.append(f"pong '{body.decode()}'")
            elif opcode == CLOSE:
                words.append(f"close {int.from_bytes(body[:2], 'big')}" if body else "close")
            elif opcode == BINARY and body[0] == Kind.PONG:
                words.append(f"pong of the link {int.from_bytes(body[1:], 'big')}")
            elif opcode == BINARY and body[0] == Kind.ATTACHED:
                words.append("attached")
            elif opcode == BINARY and body[0] == Kind.ERROR:
                words.append("error " + body.decode().partition('"code":"')[2].partition('"')[0])
            elif opcode != BINARY or body[0] not in (Kind.RECORD, Kind.ACK):
                words.append(f"{opcode}: {body[:20]!r}")
    except EOFError:
        pass
    except ConnectionResetError:
        words.append("reset")
    return ", ".join(words)


class ConformanceTest(unittest.TestCase):
    payload: Optional[pathlib.Path] = None  # ours

    def setUp(self) -> None:
        self.runner = Runner(self.payload)
        self.addCleanup(self.runner.__exit__, None, None, None)
        self._known: Optional[tuple[str, int]] = None

    def known(self) -> tuple[str, int]:
        """What a host says that has the runner's first words: a stream of which nothing ever arrives is taken for poisoned."""
        if self._known is None:
            with Peer(self.runner).open() as peer:
                incarnation = peer.attach()["incarnation"]
                _, body = peer.frame()
                assert body[0] == Kind.RECORD, body
                self._known = incarnation, len(body) - limits.RECORD_HEAD
        return self._known

    def judge(self, cases: list[Case], attached: bool) -> None:
        before = self.runner.status()["pid"]
        for case in cases:
            with self.subTest(case.name), Peer(self.runner) as peer:
                peer.open()
                if attached:
                    peer.attach(*self.known())
                sent, expected = case.sent, case.expected
                if "close" not in expected and not sent.endswith(END):
                    sent, expected = sent + END, expected + ", pong 'end'"
                peer.send(sent)
                found = seen(peer)
                tell(f"{case.name:58} | {_short(expected):34} | {_short(found)}")
                self.assertEqual(found, expected)
                self.assertEqual(self.runner.status()["pid"], before, "the runner answers as before")

    def test_every_frame_is_answered_as_the_rfc_says(self) -> None:
        self.judge(FRAMES, attached=True)

    def test_every_word_out_of_place_ends_its_connection_and_nothing_else(self) -> None:
        self.judge(WORDS, attached=True)

    def test_a_record_that_begins_beyond_what_came_is_no_fault_of_the_hosts(self) -> None:  # rule: REC-2
        with Peer(self.runner).open() as peer:
            peer.attach()
            peer.send(masked(BINARY, struct.pack(">BQQ", Kind.RECORD, 2**40, 0) + b"x"))
            self.assertEqual(seen(peer), "close 4503")

    def test_every_first_word_that_is_no_attach_ends_its_connection_and_nothing_else(self) -> None:
        self.judge(FIRST_WORDS, attached=False)

    def test_frames_are_the_same_however_they_are_cut_into_segments(self) -> None:
        pick = random.Random(6455)
        data = masked(BINARY, ASK) + split(ASK, 3, masked(PING, b"in")) + message(200) + END
        for attempt in range(20):
            with Peer(self.runner) as peer:
                peer.open().attach(*self.known())
                at = 0
                while at < len(data):
                    step = pick.randrange(1, 9)
                    peer.send(data[at : at + step])
                    at += step
                self.assertEqual(seen(peer), f"{ASKED}, pong 'in', pong 'in', {ASKED}, pong 'end'")


def _short(text: str) -> str:
    return text if len(text) <= 34 else text[:20] + f"… ({len(text)})"
