"""What goes to the host: frames in order, and the marks at which the kernels are slowed down."""

from __future__ import annotations

from typing import Callable, Sequence

from . import limits
from .channel import Sink
from .frames import Bytes, FrameKind, encode_credit, encode_fields
from .loop import Loop
from .messages import Message, encoded_frames

_MESSAGE = int(FrameKind.MESSAGE)


class Outbound:
    """Confined to the supervisor's loop."""

    def __init__(self, loop: Loop, fd: int, on_pace: Callable[[], None], on_broken: Callable[[], None]) -> None:
        self._on_pace = on_pace
        self._sink = Sink(loop, fd, self._host_took, on_broken)
        self._number = 0
        self.credit_stalls = 0  # how often a stream had used up its credit
        # The host is behind: nothing more is read from kernels until it catches up.
        self.slowed = False

    @property
    def queued(self) -> int:
        return self._sink.queued

    def frame(
        self, kind: int, flags: int, channel: int, session: int, generation: int, cell: int, message: int, body: Bytes
    ) -> None:
        sink = self._sink
        sink.send(encode_fields(kind, flags, channel, session, generation, cell, message, body))
        if sink.queued > limits.OUTBOUND_HIGH and not self.slowed:
            self.slowed = True
            self._on_pace()

    def say(
        self, session: int, envelope: bytes, cell: int = 0, generation: int = 0, attachments: Sequence[bytes] = ()
    ) -> None:
        number = self.next_number()
        for data in encoded_frames(Message(_MESSAGE, 0, session, generation, cell, number, envelope, attachments)):
            self._sink.send(data)

    def next_number(self) -> int:
        """A message number of the supervisor's own, which no kernel and no host uses (FRM-12)."""
        self._number = (self._number + 1) % limits.SUPERVISOR_NUMBERS
        return limits.SUPERVISOR_NUMBERS | self._number

    def credit(self, session: int, lane: int, amount: int) -> None:
        self._sink.send(encode_credit(session, lane, amount), urgent=True)

    def pong(self, body: bytes) -> None:
        self._sink.send(encode_fields(FrameKind.PONG, 0, 0, 0, 0, 0, 0, body), urgent=True)

    def flush(self) -> None:
        if self._sink.queued:
            self._sink.flush()

    def last_words(self, seconds: float) -> None:
        """Write what is queued, but wait no longer than this for a host that does not read."""
        self._sink.drain(seconds)

    def close(self) -> None:
        """Nobody hears it any more; what is still said is dropped."""
        self._sink.close()

    def _host_took(self, cost: int) -> None:
        if self.slowed and self._sink.queued < limits.OUTBOUND_LOW:
            self.slowed = False
            self._on_pace()
