"""What runs in a container that outlives its clients, beside their runners: its first process, which only reaps, and a
sweep that ends all others.

Where the sweep cannot be started, because code has used up the container's processes, the first process does it: nothing
in the container can stop that one.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from typing import Sequence

from . import limits, linux, workspaces

_ENDS = {signal.SIGTERM, signal.SIGCHLD, signal.SIGUSR1}


def idle() -> int:
    """Be the first process of a container: reap, until the container is stopped."""
    linux.hide_memory()  # code of the same user must not make this process run anything
    # Blocked, they are waited for; to the first process they would mean nothing otherwise.
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDS)
    while True:
        for _ in linux.reap():
            pass
        number = signal.sigwait(_ENDS)
        if number == signal.SIGTERM:
            return 0
        if number == signal.SIGUSR1 and _name_in(limits.KEPT_ENDED) == _name_in(limits.KEPT_HOLDER) != "":
            _end_all()


def sweep(runner: str, attaching: bool) -> int:
    """End every process of the container but its first one and this one, where `runner` is the one that it is for.

    Who attaches has written its name before it sweeps, so a sweep that is late, of a runner before, ends nothing:
    either it sees the name, or the one who attaches ends it.
    """
    if not runner or _name_in(limits.KEPT_HOLDER) != runner or not _is_ours(1):
        return 0
    _end_all()
    left = _await_end(limits.KEPT_SWEEP)
    if left:
        print(f"pyvisor: processes {left} of the container would not end", file=sys.stderr)
        return 1
    if attaching:
        _make_room()
    return 0


def _end_all() -> None:
    try:
        os.kill(-1, signal.SIGKILL)  # all at once: nothing that forks is missed
    except ProcessLookupError:
        pass


def _name_in(path: str) -> str:
    try:
        with open(path, encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""


def _is_ours(first: int) -> bool:
    """Whether the first process is the one above: whatever else there is must not be ended in a place that is no such container."""
    return linux.read_proc(f"/proc/{first}/cmdline").endswith(b"\0idle\0")


def _await_end(budget: float) -> Sequence[int]:
    """Wait for those that are there now; returns the ones that live on."""
    deadline = time.monotonic() + budget
    left = []
    for pid in linux.processes():
        if pid in (1, os.getpid()):
            continue
        try:
            fd = os.pidfd_open(pid)
        except (OSError, AttributeError):
            continue  # it has ended, or the system cannot tell when it does: it has been killed in any case
        try:
            end = select.poll()
            end.register(fd, select.POLLIN)
            if not end.poll(max(0.0, deadline - time.monotonic()) * 1000):
                left.append(pid)
        finally:
            os.close(fd)
    return left


def _make_room() -> None:
    """Make the runner's private directory, and remove those of clients before, whose hosts cannot see into this container."""
    own = os.environ[limits.DIRECTORY_VARIABLE]
    parent, name = os.path.split(own)
    for other in os.listdir(parent):
        if other != name:
            workspaces.remove(os.path.join(parent, other))
    os.makedirs(own, 0o700, exist_ok=True)
