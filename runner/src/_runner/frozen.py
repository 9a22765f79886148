"""The life of a frozen copy of a kernel: asleep on its socket, until it is woken or the socket ends."""

from __future__ import annotations

import json
import os
import resource
import socket
from typing import Any, NamedTuple, Sequence

from . import limits, linux
from .aside import Fork
from .pristine import BUILTINS as __builtins__  # noqa: F401

_loads, _exit, _close, _setsid = json.loads, os._exit, os.close, os.setsid
_open, _dup2, _NULL, _RDWR = os.open, os.dup2, os.devnull, os.O_RDWR | os.O_CLOEXEC
_recv_fds, _PEEK = socket.recv_fds, socket.MSG_PEEK
_getrlimit, _setrlimit, _FILES = resource.getrlimit, resource.setrlimit, resource.RLIMIT_NOFILE
_DESCRIPTORS = 5


class Awakening(NamedTuple):
    """What a copy goes on with."""

    config: dict[str, Any]
    descriptors: Sequence[int]  # main socket, door, standard output, standard error, shared page
    files: tuple[int, int]  # how many it may have open, as the user had it


def sleep(supervisor: socket.socket, not_its_own: Sequence[int], fork: Fork) -> Awakening:
    """In the copy: let go of the descriptors that are not its own, and of standard output and error, and wait to be
    woken. Whoever returns from here is to be a kernel. `fork` copies the copy.
    """
    # The objects that these belong to learn of it only in a copy that wakes.
    for fd in not_its_own:
        _close(fd)
    null = _open(_NULL, _RDWR)
    _dup2(null, 1)
    _dup2(null, 2)
    _close(null)
    _setsid()  # a signal to the kernel's group is not for this one
    linux.prefer_for_oom(limits.COPY_OOM_SCORE)
    supervisor.send(b"frozen")
    # Most copies are never woken: what those need who are is done then. Whatever is touched before costs a page.
    supervisor.recv(1, _PEEK)
    files = _getrlimit(_FILES)
    _setrlimit(_FILES, (files[1], files[1]))  # a cell may have left no room for what comes
    while True:
        data, descriptors, _, _ = _recv_fds(supervisor, limits.COPY_DATAGRAM, _DESCRIPTORS + 1)
        if not data:
            _exit(0)
        config = _loads(data)
        if not config["stay"] or _is_the_copy(fork):
            break
        for fd in descriptors:
            _close(fd)
    if config["stay"]:
        _setsid()
    supervisor.send(b"awake %d" % config["wake"])
    supervisor.close()
    return Awakening(config, descriptors[:_DESCRIPTORS], files)


def _is_the_copy(fork: Fork) -> bool:
    try:
        return fork()
    except OSError:
        return False  # the supervisor waits in vain for it to wake, and says so
