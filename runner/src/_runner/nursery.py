"""Where kernels come from, as the supervisor sees it: the zygote's process, started by exec, and what it was asked for."""

from __future__ import annotations

import fcntl
import json
import os
import resource
import signal
import socket
import sys
from typing import Any, Callable, NamedTuple, NoReturn, Optional, Sequence

from . import allowance, confine, limits, linux
from .errors import ErrorCode, RpcError
from .loop import READ, Loop


# Libraries that would start threads by themselves: a process that has any cannot be copied.
_SINGLE_THREADED = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
_STOPPED = ("T", "t")  # by a signal, by a tracer


class Awaited(NamedTuple):
    """Who waits for a kernel: told its number, and at once of its end if it has ended meanwhile; or why there is none."""

    on_born: Callable[[int, Optional[linux.Ended]], None]
    on_failed: Callable[[str], None]


class _Birth:
    """What was asked for and not answered yet, so that it can be asked for again where a zygote took the request with it."""

    def __init__(self, request: bytes, descriptors: Sequence[int], awaited: Awaited) -> None:
        self.request, self.awaited = request, awaited
        self.again = True  # once: what ends one zygote may end the next
        self.descriptors: list[int] = []
        try:
            for fd in descriptors:
                self.descriptors.append(fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 0))
        except OSError:
            self.close()
            raise

    def close(self) -> None:
        for fd in self.descriptors:
            os.close(fd)
        self.descriptors = []


class Nursery:
    """Confined to the supervisor's loop.

    When a zygote has ended, another takes its place and is asked, once, for what the first had not answered.
    """

    def __init__(
        self, loop: Loop, home: str, file_limits: tuple[int, int], allowed: allowance.Allowance = allowance.NONE
    ) -> None:
        self._loop, self._home, self._file_limits = loop, home, file_limits
        self.allowance = allowed  # of every kernel
        self._awaited: dict[int, _Birth] = {}
        # Children that ended while a kernel's number was awaited: one of them may be that kernel.
        self._ended_early: dict[int, linux.Ended] = {}
        self._births = 0
        self.pid = 0
        self._start()

    def fork(
        self,
        config: dict[str, Any],
        descriptors: Sequence[int],
        awaited: Awaited,
    ) -> None:
        """Ask for a kernel with these descriptors: main socket, door, standard output, standard error."""
        if not self.pid:
            self._start()
        self._births += 1
        told = {**config, "birth": self._births, "allowance": self.allowance.for_kernels()}
        request = json.dumps(told).encode("ascii")
        try:
            birth = _Birth(request, descriptors, awaited)
        except OSError as problem:
            raise RpcError(ErrorCode.RESOURCE_EXHAUSTED, f"no descriptors for a kernel: {problem}") from None
        try:
            self._send(birth)
        except OSError as problem:
            birth.close()
            raise RpcError(ErrorCode.EXECUTION_FAILED, f"the zygote takes no request: {problem}") from None
        self._awaited[self._births] = birth

    def _send(self, birth: _Birth) -> None:
        try:
            socket.send_fds(self._socket, [birth.request], birth.descriptors)
        except (BrokenPipeError, ConnectionResetError):  # the latter where it had not read all
            # It has ended, which is told later: another takes its place now.
            linux.kill(self.pid)
            self._zygote_ended("its channel was closed")
            if confine.is_asked():
                raise
            if not self.pid:
                self._start()
            socket.send_fds(self._socket, [birth.request], birth.descriptors)

    def listen(self) -> None:
        """Take the answers that are there."""
        while self.pid:
            try:
                data = self._socket.recv(limits.BIRTH_DATAGRAM)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:  # it ends, or must
                self._loop.forget(self._socket.fileno())
                linux.kill(self.pid)
                return
            answer = json.loads(data)
            birth = self._awaited.pop(answer["birth"])
            birth.close()
            early = self._ended_early.pop(answer.get("pid"), None)
            if not self._awaited:
                self._ended_early.clear()
            if "error" in answer:
                birth.awaited.on_failed(answer["error"])
            else:
                birth.awaited.on_born(answer["pid"], early)

    def child_ended(self, ended: linux.Ended) -> None:
        """A child has ended that is no known kernel: the zygote, a kernel not known yet, or an adopted orphan."""
        if ended.pid == self.pid:
            self._zygote_ended(f"wait status {ended.status}")
        elif self._awaited:
            self._ended_early[ended.pid] = ended

    def overdue(self) -> None:
        """A kernel was asked for long ago. Code can stop the zygote, and nobody would wake it: another takes its place."""
        if self.pid and linux.state(self.pid) in _STOPPED:
            linux.kill(self.pid)

    def _zygote_ended(self, how: str) -> None:
        self._loop.forget(self._socket.fileno())
        self._socket.close()
        self.pid = 0
        self._ended_early.clear()
        orphans, self._awaited = self._awaited, {}
        for number, birth in orphans.items():
            if birth.again and not confine.is_asked() and self._ask_again(birth):
                self._awaited[number] = birth
            else:
                birth.close()
                birth.awaited.on_failed(f"the zygote ended: {how}")
        if confine.is_asked():
            # Nothing but code of the same user ends it, and such code could open the next one before that hides itself:
            # the zygote is in no group that limits the code.
            print(f"pyvisor: the zygote ended ({how}), and in a sandbox its runner with it", file=sys.stderr)
            self._loop.stop()

    def _ask_again(self, birth: _Birth) -> bool:
        """A kernel that the first zygote forked and did not tell of ends by itself: nobody released it."""
        birth.again = False
        try:
            if not self.pid:
                self._start()
            socket.send_fds(self._socket, [birth.request], birth.descriptors)
        except OSError:
            return False
        return True

    def _start(self) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket.setblocking(False)
        supervisor = os.getpid()
        with theirs:
            self.pid = os.fork()
            if self.pid == 0:
                self._become_zygote(theirs, supervisor)
        self._loop.on(self._socket.fileno(), READ, self.listen)

    def _become_zygote(self, channel: socket.socket, supervisor: int) -> NoReturn:
        try:
            linux.die_with_parent(supervisor)
            signal.set_wakeup_fd(-1)
            resource.setrlimit(resource.RLIMIT_NOFILE, self._file_limits)
            for name in _SINGLE_THREADED:
                os.environ.setdefault(name, "1")
            fd = fcntl.fcntl(channel.fileno(), fcntl.F_DUPFD, limits.PRIVATE_FD_MIN)
            for group in self.allowance.join:
                os.set_inheritable(group, True)
            flags = ["-I"] + (["-B"] if sys.flags.dont_write_bytecode else [])
            os.execv(sys.executable, [sys.executable, *flags, self._home, "zygote", str(fd)])
        except BaseException as error:  # noqa: B902 - a forked copy of the supervisor must not go on
            os.write(2, f"pyvisor: the zygote could not be started: {error}\n".encode("utf-8", "replace"))
        finally:
            os._exit(71)
