"""Keeps the garbage collector's hands off what a kernel shares with its copies: each object that it looks at costs a
page of its own.

What is frozen is not collected, so everything is looked at from time to time: when as many objects have come as a quarter
of those that the last look left, as the collector itself does it; when the process has grown by a quarter, for few
objects can hold much; and when the user asks.
"""

from __future__ import annotations

import functools
import gc
import os
from typing import Any

from . import limits
from .linux import read_proc
from .pristine import BUILTINS as __builtins__  # noqa: F401

_freeze, _unfreeze, _collect = gc.freeze, gc.unfreeze, gc.collect
_stats, _threshold, _frozen_count = gc.get_stats, gc.get_threshold, gc.get_freeze_count
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Heap:
    """Confined to the main thread, while no cell runs."""

    def __init__(self) -> None:
        self._objects = 0
        self._seen = _allocated()
        self._resident = _resident()

    def freeze(self) -> None:
        """All that there is now is shared from here on."""
        if self._has_grown():
            _unfreeze()
            _collect()
            _freeze()
            self._objects, self._seen, self._resident = _frozen_count(), _allocated(), _resident()
        else:
            _freeze()

    def _has_grown(self) -> bool:
        if _allocated() - self._seen > max(limits.HEAP_OBJECTS, self._objects // 4):
            return True
        return _resident() - self._resident > max(limits.HEAP_BYTES, self._resident // 4)


def _allocated() -> int:
    """About how many objects have come so far: the youngest generation is collected once a threshold of them."""
    return int(_stats()[0]["collections"]) * max(1, _threshold()[0])


def _resident() -> int:
    return int(read_proc("/proc/self/statm").split()[1]) * _PAGE


def let_users_collect() -> None:
    """Whoever asks for a collection means everything."""

    @functools.wraps(_collect)
    def collect(generation: int = 2) -> Any:
        if generation == 2:
            _unfreeze()
        return _collect(generation)

    gc.collect = collect
