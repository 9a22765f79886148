"""What a link has cost so far, for the status. Sans-I/O; time is told."""

from __future__ import annotations

from typing import Optional, Protocol

from .link import Link
from .pristine import BUILTINS as __builtins__


class Refusals(Protocol):
    failures: int


class LinkCounters:
    """Of one stream; wrong tokens are counted for the whole runner. Confined to the loop."""

    def __init__(self, strikes: Refusals) -> None:
        self._strikes = strikes
        self._cut_at: Optional[float] = None  # None: attached, or never attached yet
        self._cuts = 0
        self._reconnects = 0
        self._outage = 0.0  # seconds, of the cuts that are over
        self._round_trip = 0.0  # of the last heartbeat
        self.stalls = 0  # how often nothing more was read, for the host had not taken over what there was

    def cut(self, now: float) -> None:
        """The connection of the attached host is gone."""
        self._cut_at = now
        self._cuts += 1

    def attached(self, now: float) -> None:
        if self._cut_at is not None:
            self._outage += now - self._cut_at
            self._reconnects += 1
        self._cut_at = None

    def answered(self, asked: Optional[float], now: float) -> None:
        """A heartbeat that was sent then."""
        if asked is not None:
            self._round_trip = now - asked

    def to_json(self, link: Link) -> dict[str, int]:
        return {
            "cuts": self._cuts,
            "reconnects": self._reconnects,
            "outageMs": int(self._outage * 1000),
            "replayedRecords": link.sender.replays,
            "replayedBytes": link.sender.replayed,
            "duplicateRecords": link.receiver.repeats,
            "duplicateBytes": link.receiver.duplicates,
            "gapRecords": link.receiver.gaps,
            "stalls": self.stalls,
            "rttUs": int(self._round_trip * 1_000_000),
            "authFailures": self._strikes.failures,
        }
