"""The life of a frozen copy of a kernel: asleep on its socket, until it is woken or the socket ends."""

from __future__ import annotations

import gc
import json
import os
import socket
from typing import Any, NamedTuple, NoReturn, Sequence

from . import limits, linux
from .aside import fork_aside
from .pristine import BUILTINS as __builtins__  # noqa: F401

_loads, _exit, _close, _setsid = json.loads, os._exit, os.close, os.setsid
_recv_fds = socket.recv_fds
_freeze, _unfreeze, _collect = gc.freeze, gc.unfreeze, gc.collect
_stats, _threshold, _frozen_count = gc.get_stats, gc.get_threshold, gc.get_freeze_count
_DESCRIPTORS = 5


class Awakening(NamedTuple):
    """What a copy goes on with."""

    config: dict[str, Any]
    descriptors: Sequence[int]  # main socket, door, standard output, standard error, shared page


def sleep(supervisor: socket.socket) -> Awakening:
    """In the copy: wait to be woken. Whoever returns from here is to be a kernel."""
    _setsid()  # a signal to the kernel's group is not for this one
    linux.Tag.take_off()
    linux.prefer_for_oom(limits.COPY_OOM_SCORE)
    try:
        supervisor.send(b"frozen")
        while True:
            data, descriptors, _, _ = _recv_fds(supervisor, limits.COPY_DATAGRAM, _DESCRIPTORS + 1)
            if not data:
                _exit(0)
            config = _loads(data)
            if not config["stay"] or _is_the_copy():
                break
            for fd in descriptors:
                _close(fd)
        if config["stay"]:
            _setsid()
        supervisor.send(b"awake %d" % config["wake"])
        supervisor.close()
        return Awakening(config, descriptors[:_DESCRIPTORS])
    except BaseException:  # noqa: B902 - it must never go on as the process that it was copied from
        _leave()


def _is_the_copy() -> bool:
    try:
        return fork_aside()
    except OSError:
        return False  # the supervisor waits in vain for it to wake, and says so


def _leave() -> NoReturn:
    _exit(71)


class Heap:
    """Keeps the collector's hands off what a copy shares: each object that it looks at costs a page of its own.

    Garbage in cycles would stay for ever that way, so from time to time everything is looked at once: when as many
    objects have come as a quarter of those that the last such look left, as the collector itself does it.
    """

    def __init__(self) -> None:
        self._left = 0
        self._seen = self._allocated()

    def freeze(self) -> None:
        if self._allocated() - self._seen > max(limits.HEAP_GROWTH, self._left // 4):
            _unfreeze()
            _collect()
            _freeze()
            self._left, self._seen = _frozen_count(), self._allocated()
        else:
            _freeze()

    def _allocated(self) -> int:
        """About how many objects have come so far: the youngest generation is collected once a threshold of them."""
        return int(_stats()[0]["collections"]) * max(1, _threshold()[0])
