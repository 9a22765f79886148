"""Records: a stream of frames that survives its link. Sans-I/O, without a clock of its own.

Each direction of a link is one stream of bytes, the frames in the order in which the writer took them. A record is a piece
of it together with the offset of its first byte: that number is given when the piece is taken, and it says by itself what
is new to a receiver. After a cut the receiver tells how far it got, and the sender goes on from there, in pieces of any
size: what a cut tore is never sent twice as a different thing, and a link that dies every few kilobytes can be given
pieces that it survives. What even the least piece of one frame does not survive is given up, that frame alone.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple, Optional, Union

from . import limits
from .errors import ProtocolError
from .given_up import FrameStarts, GivenUp, stand_in, whole
from .pristine import BUILTINS as __builtins__

GAP = "REC-2"  # something in between has lost a message: another connection heals it


class Record(NamedTuple):
    offset: int
    data: bytes


class Sender:
    """Keeps what was sent until the other side has taken it over.

    The stream is bounded by who writes to it: `unacked` is what it holds. From the third cut without
    progress on each one makes the pieces smaller. From the least on it is careful: one piece at a time, of one frame, so
    that what ends the link stands alone. After some more cuts that frame is given up, and where it cannot be the link is
    (`poisoned`).
    """

    def __init__(self, whose: str = "the runner") -> None:
        self._whose = whose
        self._frames = FrameStarts()
        self._lost: Optional[GivenUp] = None
        self._careful = False
        self.given_up = 0  # frames
        self._chunks: deque[bytes] = deque()
        self._first = 0  # offset of the first chunk
        self._end = 0  # of the stream
        self._next = 0  # to be sent
        self._sent = 0  # the highest offset ever sent
        self._acked = 0
        self._cuts = 0  # since the last progress
        self._piece = limits.RECORD
        self._survived = 0  # bytes acknowledged since the last cut
        self.replayed = 0  # bytes that were sent again
        self.replays = 0  # records with such bytes

    @property
    def unacked(self) -> int:
        return self._end - self._acked

    @property
    def unsent(self) -> int:
        return self._end - self._next

    @property
    def ready(self) -> bool:
        """Whether there is something to send now."""
        return self._next < self._end and not (self._careful and self._next > self._acked)

    @property
    def acked(self) -> int:
        return self._acked

    @property
    def piece(self) -> int:
        """Bytes of a record at most."""
        return self._piece

    @property
    def poisoned(self) -> Optional[Record]:
        """The piece that no link has survived, where no frame can be given up for it."""
        if not self._is_poison or self._may_give_up:
            return None
        return Record(self._acked, self._slice(self._acked, min(self._end, self._acked + self.piece)))

    @property
    def _is_poison(self) -> bool:
        return self._cuts >= limits.RECORD_CUTS_BEFORE_POISON and self._acked < self._end

    @property
    def _may_give_up(self) -> bool:
        if self._lost is not None or not self._frames.known:
            return False  # what stands in for it does not get through either
        frame = self._first_frame()
        return frame is None or stand_in(frame, self._why()) is not None

    def _first_frame(self) -> Optional[bytes]:
        """The first one that is not taken over, with what is taken over of it; None until it is whole."""
        found = self._frames.first()
        return None if found is None or found[1] > self._end else self._slice(*found)

    def _why(self) -> str:
        return (
            f"transport_poison: no connection survived the record at byte {self._acked} of what {self._whose} says; "
            "something on the way ends every connection that carries it: look at proxies between"
        )

    def write(self, data: bytes) -> None:
        if data:
            self._frames.wrote(data)
            self._chunks.append(data)
            self._end += len(data)

    def take(self) -> Union[Record, GivenUp, None]:
        """The next record to send; None while there is none."""
        if not self.ready:
            return None
        offset, end = self._next, min(self._end, self._next + self.piece)
        lost = self._lost
        if lost is not None and offset < lost.end:
            self._next = lost.end
            self._sent = max(self._sent, self._next)
            return lost._replace(offset=offset)
        if self._careful:
            first = self._frames.first()
            end = end if first is None else min(end, first[1])
        data = self._slice(offset, end)
        self._next += len(data)
        if offset < self._sent:
            self.replays += 1
            self.replayed += min(self._sent, self._next) - offset
        self._sent = max(self._sent, self._next)
        return Record(offset, data)

    def acknowledge(self, received: int) -> None:
        """The other side has taken over all before this offset."""
        if received > self._sent:
            raise ProtocolError("REC-3", f"{received} acknowledged, but only {self._sent} bytes were ever sent")
        if received < self._acked:
            raise ProtocolError("REC-3", f"{received} acknowledged after {self._acked}")
        if received > self._acked:
            self._survived += received - self._acked
            if self._survived >= limits.RECORD_CALM:
                self._careful = False
            if self._survived >= limits.RECORD_GROW:
                self._piece = limits.RECORD
            if self._lost is not None and received >= self._lost.end:
                self._lost, self._careful, self._piece = None, False, limits.RECORD  # what was wrong is behind it
            self._acked = received
            self._next = max(self._next, received)  # an old link's record may arrive after a new one was answered
            self._cuts = 0
            self._free()

    def cut(self) -> None:
        """The link is gone; what was sent and not acknowledged may have arrived or not.

        Where nothing was on its way, nothing of ours can have been the cause: that cut is not counted.
        """
        self._survived = 0
        if self._next == self._acked:
            return
        self._cuts += 1
        if self._cuts >= limits.RECORD_CUTS_BEFORE_SMALLER:
            self._piece = max(limits.RECORD_MIN, self._piece // limits.RECORD_SHRINK)
            self._careful = self._careful or self._piece == limits.RECORD_MIN

    def forgive(self) -> None:
        """Something came through the other way: what ended the connections before is not what they carried."""
        self._cuts = 0

    def resume(self, received: int) -> None:
        """A new link: the other side has all before this offset, and nothing after it."""
        self.acknowledge(received)
        self._next = received
        if self._is_poison and self._may_give_up:
            self._give_up()

    def _give_up(self) -> None:
        frame, found = self._first_frame(), self._frames.first()
        instead = None if frame is None else stand_in(frame, self._why())
        if instead is not None and found is not None:
            self._lost = GivenUp(self._acked, found[1], instead)
            self.given_up += 1
            self._cuts = 0

    def _slice(self, start: int, end: int) -> bytes:
        parts: list[bytes] = []
        at = self._first
        for chunk in self._chunks:
            after = at + len(chunk)
            if after > start:
                parts.append(chunk[max(0, start - at) : end - at])
                if after >= end:
                    break
            at = after
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _free(self) -> None:
        """All but the frame that is not wholly taken over: it may have to be told of."""
        before = self._frames.taken_over(self._acked)
        while self._chunks and self._first + len(self._chunks[0]) <= before:
            self._first += len(self._chunks.popleft())


class Receiver:
    """Takes what is new of each record, and knows when to say so."""

    def __init__(self) -> None:
        self.received = 0
        self.duplicates = 0  # bytes that had come before
        self.repeats = 0  # records with such bytes
        self.gaps = 0  # records before which another was missing
        self._told = 0
        self._records = 0  # since it was told

    def accept(self, record: Record) -> bytes:
        """What of it is new; nothing of a record that has come before."""
        known = self.received - record.offset
        if known < 0:
            raise self._gap(record.offset)
        self._records += 1
        new = record.data[known:] if known else record.data
        if known:
            self.repeats += 1
            self.duplicates += len(record.data) - len(new)
        self.received += len(new)
        return new

    def _gap(self, offset: int) -> ProtocolError:
        self.gaps += 1
        return ProtocolError(GAP, f"a record begins at {offset}, but {self.received} is the next byte")

    def accept_given_up(self, lost: GivenUp) -> Optional[bytes]:
        """The frame that takes the place of the one which has not come whole; None if what it stands for has come before."""
        if self.received < lost.offset:
            raise self._gap(lost.offset)
        if not lost.offset < lost.end <= lost.offset + limits.FRAME:
            raise ProtocolError("REC-19", f"from {lost.offset} to {lost.end} is no piece of a frame")
        frame = whole(lost)
        self._records += 1
        if lost.end <= self.received:
            return None
        self.received = lost.end
        return frame

    @property
    def owes(self) -> bool:
        """Whether something was taken over that the other side was not told of."""
        return self._records > 0

    @property
    def due(self) -> bool:
        """Whether it should be told at once, not with the next record or after a moment."""
        return (
            self.received - self._told >= limits.RECORD_ACK_BYTES or self._records >= limits.RECORD_ACK_RECORDS
        )

    def told(self) -> int:
        """The acknowledgement that goes out now."""
        self._told = self.received
        self._records = 0
        return self.received
