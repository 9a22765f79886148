"""What a kernel keeps of its state before a cell may change it: a copy of the whole process, else its plain data."""

from __future__ import annotations

import _socket
import os
import socket
import sys
import time
from typing import Any, Optional

from . import evidence, gates, jsontext, limits, linux, snapshot
from .aside import HANDLERS_RUN_EARLY, Fork, fork_aside
from .calls import Calls
from .capture import Capture
from .frozen import Awakening, sleep
from .heap import Heap
from .names import Names
from .pristine import BUILTINS as __builtins__  # noqa: F401

# Without the Python around it: while a copy exists, each page that is touched costs one of its own.
_socketpair, _SEQPACKET, _UNIX = _socket.socketpair, socket.SOCK_SEQPACKET, socket.AF_UNIX
_SOL, _PASSCRED = socket.SOL_SOCKET, socket.SO_PASSCRED
_memfd, _CLOEXEC, _write, _close = os.memfd_create, os.MFD_CLOEXEC, os.write, os.close
_cpu = time.process_time_ns  # a machine that is busy with others does not make a copy dear
_modules = sys.modules
_getpid, _exit, _EXIT_DEFECT = os.getpid, os._exit, 71


class Keeper:
    """Confined to the main thread, while no cell runs."""

    def __init__(
        self, calls: Calls, capture: Capture, names: Names, namespace: dict[str, Any], stacks: int
    ) -> None:
        self._calls, self._capture, self._names = calls, capture, names
        self._namespace = namespace
        self.stacks = stacks  # descriptor of the evidence file
        self._heap = Heap()
        self._took = 0  # nanoseconds of processor time, the last copy
        self._passed_over = 0  # cells since then that were not copied for its cost

    def keep(self, number: Optional[int], cell: int, policy: str) -> Optional[Awakening]:
        """Keep the state as of this cell, and tell the supervisor what there is. Returns a second time in the copy, with
        what it has woken to; in the kernel itself it is None.
        """
        said: dict[str, Any] = {"id": number, "cell": cell}
        own = frozenset((*self._calls.descriptors(), *self._capture.descriptors(), self.stacks))
        pid = _getpid()
        try:
            # What somebody asked for by name may cost what it costs.
            why_not = gates.why_not(own, policy if number is None else "always", self._cost())
            if why_not is None:
                why_not = self._copy(said, own)
        except Exception as problem:  # noqa: B902 - the user may have put anything in the place of what this needs
            if _getpid() != pid:
                _exit(_EXIT_DEFECT)  # the copy must never go on as the process that it was copied from
            why_not = f"fork: {problem}"
        if isinstance(why_not, Awakening):
            return why_not
        if why_not is not None:
            self._snapshot(said, why_not)
        return None

    def _cost(self) -> int:
        """What the last copy took; now and then as if nothing, for it may have become cheap again."""
        if self._took <= limits.FORK_NANOS:
            return self._took
        self._passed_over += 1
        if self._passed_over < limits.FORK_PATIENCE:
            return self._took
        self._passed_over = 0
        return 0

    # --- a copy ---

    def _copy(self, said: dict[str, Any], own: frozenset[int]) -> Any:
        """None where it was made; in the copy, what it has woken to. Raises whatever keeps it from being made."""
        before = _Before(own)
        self._heap.freeze()
        started = _cpu()
        self._calls.copying = True
        try:
            ours, theirs = _socketpair(_UNIX, _SEQPACKET)
            try:
                theirs.setsockopt(_SOL, _PASSCRED, 1)
                # What can be done before the copy is: each page that is touched after it costs one of its own.
                word = self._calls.word_aside(jsontext.dump({**said, "kept": "copy"}), theirs.fileno())
                not_its_own = (theirs.fileno(), *self._calls.descriptors(), *self._capture.private())

                def asleep(fork: Fork) -> Awakening:
                    evidence.disarm()
                    awakening = sleep(ours, not_its_own, fork)
                    theirs.detach()
                    self._calls.shed()
                    if not HANDLERS_RUN_EARLY:
                        before.keep_random()
                    return awakening

                name = linux.Tag.take_off()
                try:
                    awakening = fork_aside(asleep)
                finally:
                    linux.Tag.put_on(name)
                if awakening is not None:
                    self._calls.copying = False
                    before.restore(awakening.config["kind"])
                    return awakening
                word()
            finally:
                theirs.close()
                ours.close()
        finally:
            self._calls.copying = False
        self._took = _cpu() - started
        return None

    # --- plain data ---

    def _snapshot(self, said: dict[str, Any], why: str) -> None:
        said["reason"] = why
        try:
            taken = snapshot.take(self._namespace, self._names.of_user())
            fd = _memory_file(taken.data)
        except Exception as problem:  # noqa: B902 - as above
            said["reason"] = f"{why}; and no snapshot: {problem}"
            self._say(said, None)
            return
        try:
            self._say({**said, "kept": "snapshot"}, fd)
        finally:
            _close(fd)

    def _say(self, said: dict[str, Any], fd: Optional[int]) -> None:
        try:
            self._calls.word_aside(jsontext.dump(said), fd)()
        except OSError:
            pass  # the supervisor has ended, and with it everybody who would want it


class _Before:
    """What a fork does not copy: offsets are shared, and `random` reseeds itself in every child."""

    def __init__(self, own: frozenset[int]) -> None:
        self._offsets = gates.offsets(own)
        self._random: Any = None
        if HANDLERS_RUN_EARLY:
            self.keep_random()

    def keep_random(self) -> None:
        """Before the handlers of the fork run."""
        random = _modules.get("random")
        try:
            self._random = None if random is None else random.getstate()
        except Exception:  # noqa: B902 - the user may have put anything in its place
            self._random = None

    def restore(self, kind: str) -> None:
        """A branch is freshly seeded, and its files are its own; whoever takes over goes on where the cell before ended."""
        if kind == "branch":
            gates.part_offsets(self._offsets)
            _reseed_numpy()
            return
        gates.restore_offsets(self._offsets)
        random = _modules.get("random")
        if self._random is not None and random is not None:
            try:
                random.setstate(self._random)
            except Exception:  # noqa: B902 - as above
                pass


def _reseed_numpy() -> None:
    random = _modules.get("numpy.random")
    if random is not None:
        try:
            random.seed()
        except Exception:  # noqa: B902 - as above
            pass


def _memory_file(data: bytes) -> int:
    fd = _memfd("pyvisor-snapshot", _CLOEXEC)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[_write(fd, rest) :]
    except OSError:
        _close(fd)
        raise
    return fd
