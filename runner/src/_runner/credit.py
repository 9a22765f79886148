"""Credit: how many bytes one side may still send on a lane. Sans-I/O."""

from __future__ import annotations

from . import limits
from .errors import ProtocolError


class Purse:
    """The sender's view of a lane: what it may still send."""

    __slots__ = ("left",)

    def __init__(self, window: int) -> None:
        self.left = window

    def fill(self, amount: int) -> None:
        if self.left + amount > limits.CREDIT_MAX:
            raise ProtocolError("TRN-4", f"a credit of {self.left} + {amount} bytes is beyond 2^31-1")
        self.left += amount


class Till:
    """The receiver's view of a lane: what the peer may still send, and what is to be given back."""

    __slots__ = ("left", "consumed", "_batch")

    def __init__(self, window: int, batch: int) -> None:
        self.left = window
        self.consumed = 0
        self._batch = batch

    def take(self, amount: int) -> None:
        self.left -= amount
        if self.left < 0:
            raise ProtocolError("TRN-4", f"{-self.left} bytes more than the credit that was given")

    def consume(self, amount: int) -> int:
        """Count bytes as consumed; returns the credit to give back now, 0 while a batch is not full."""
        self.consumed += amount
        if self.consumed < self._batch:
            return 0
        given, self.consumed = self.consumed, 0
        self.left += given
        return given
