"""How long a runner without a leash waits for a host before it ends."""

from __future__ import annotations

import re
from typing import Callable, Optional, Protocol

from . import limits

_FORM = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,3})?)(ms|s|m|h)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


class Alarm(Protocol):
    def cancel(self) -> None: ...


class Clock(Protocol):
    """What rings after some seconds: the loop."""

    def after(self, seconds: float, action: Callable[[], None]) -> Alarm: ...


class Absence:
    """Ends the runner when no host has been attached for so long. Confined to the loop.

    The first host gets the usual time even where a later one gets less: whoever starts a runner has yet to tell it where.
    """

    def __init__(self, clock: Clock, seconds: Optional[float], on_over: Callable[[], None]) -> None:
        """None: whoever holds the leash decides."""
        self._clock, self._seconds, self._on_over = clock, seconds, on_over
        self._alarm: Optional[Alarm] = None

    def before_the_first(self) -> None:
        if self._seconds is not None:
            self._begin(max(self._seconds, limits.DETACH_TTL))

    def begin(self) -> None:
        """No host is attached from now on."""
        if self._seconds is not None:
            self._begin(self._seconds)

    def end(self) -> None:
        """A host is attached."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _begin(self, seconds: float) -> None:
        self.end()
        self._alarm = self._clock.after(seconds, self._on_over)


def seconds(text: str) -> float:
    """A duration with its unit, as 500ms, 90s, 15m or 24h; ValueError says what is wrong with it."""
    form = _FORM.fullmatch(text)
    if form is None:
        raise ValueError(f"'{text}' is no duration; write 90s, 15m or 24h")
    found = float(form.group(1)) * _SECONDS[form.group(2)]
    if found > limits.DETACH_TTL_MAX:
        raise ValueError(f"'{text}' is longer than a day; write 24h or less")
    return found
