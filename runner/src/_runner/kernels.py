"""One kernel's life as seen from outside: its sockets, its capture pipes, its end."""

from __future__ import annotations

import json
import os
import signal
import socket
from typing import Any, Callable, Iterable, Optional, Protocol

from . import limits, linux
from .channel import Sink
from .errors import ProtocolError
from .frames import Flag, Frame, FrameKind, FrameReader, InnerFlag
from .loop import READ, Loop, Timer
from .messages import Message, MessageLedger, MessageReader, read_head
from .session import STDERR, STDOUT

_MESSAGE, _RELAY = int(FrameKind.MESSAGE), int(FrameKind.RELAY)
_CANCEL = int(InnerFlag.CANCEL)
_CALL, _FIRST, _WHOLE = int(InnerFlag.CALL), int(Flag.FIRST), int(Flag.FIRST | Flag.LAST)
# A kernel keeps to TOOL_CALLS itself; the rest is slack for calls whose end was not seen here.
_CALLS_BOUND = 8 * limits.TOOL_CALLS


class Owner(Protocol):
    """Who a kernel reports to."""

    def kernel_said(self, kernel: "Kernel", message: Message) -> None: ...

    def kernel_relayed(self, kernel: "Kernel", frame: Frame) -> None: ...

    def kernel_accepted(self, kernel: "Kernel", cost: int) -> None: ...

    def kernel_kept(self, kernel: "Kernel", said: dict[str, Any], fd: int) -> None: ...

    def may_read(self) -> bool: ...


class Inbound:
    """A channel of a kernel: frames in, frames out."""

    def __init__(self, kernel: "Kernel", number: int, sock: socket.socket) -> None:
        sock.setblocking(False)
        self.number = number
        self.socket = sock
        self.frames = FrameReader()
        guests = sock if number else None  # a thread has made it, and may keep this end of it too
        self.sink = Sink(kernel.loop, sock.fileno(), kernel.accepted, lambda: kernel._unwritable(self), guests)

    def held(self) -> int:
        """What can be read of it at this moment."""
        try:
            return linux.readable_bytes(self.socket.fileno())
        except OSError:
            return 0  # the guest has made it something else


class Kernel:
    """A kernel that was asked for, runs, or is ending."""

    def __init__(self, loop: Loop, owner: Owner, session: int, generation: int, page: int) -> None:
        self.loop, self._owner = loop, owner
        self.session, self.generation = session, generation
        self._page = page
        self.pid = 0
        self.ready = False
        self.fault: Optional[str] = None
        self.ended = False
        self._killed = False
        self._ledger = MessageLedger()
        self._messages = MessageReader()
        self._calls = 0
        main, self._main_theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self._door, self._door_theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._door.setblocking(False)
        self.pipes, self._theirs = _capture_pipes()
        self.main = Inbound(self, 0, main)
        self._channels = {0: self.main}
        self._next_channel = 1
        self.deadline: Optional[Timer] = None
        self._grace: Optional[Timer] = None

    def descriptors(self) -> list[int]:
        """What the new process gets."""
        return [self._main_theirs.fileno(), self._door_theirs.fileno(), *self._theirs, self._page]

    def handed_over(self) -> None:
        """They are on their way: ours of its side are closed, so that its end can be seen."""
        self._main_theirs.close()
        self._door_theirs.close()
        for fd in self._theirs:
            os.close(fd)
        self._theirs = []
        self.loop.on(self._door.fileno(), READ, self._open_channels)
        self.listen()

    def born(self, pid: int) -> None:
        self.pid = pid
        if self._killed:
            self.kill()

    # --- from the kernel ---

    def listen(self) -> None:
        """Read the kernel's sockets, unless the host is behind."""
        if self.fault is not None:
            return
        wanted = self._owner.may_read()
        for channel in self._channels.values():
            handler = self._reader(channel) if wanted else None
            self.loop.on(channel.socket.fileno(), READ, handler)

    def _reader(self, channel: Inbound) -> Callable[[], None]:
        return lambda: self._read(channel)

    def _read(self, channel: Inbound, size: int = limits.READ_SIZE) -> int:
        """Take in what one read gives, at most `size` bytes; returns how many it gave."""
        try:
            data = channel.socket.recv(size, linux.AT_ONCE)
        except BlockingIOError:
            return 0
        except OSError:
            data = b""
        if not data:
            self._ended(channel)
            return 0
        try:
            for frame in channel.frames.feed(data):
                self._accept(channel, frame)
        except ProtocolError as error:
            self.condemn(str(error))
        return len(data)

    def _accept(self, channel: Inbound, frame: Frame) -> None:
        kind, flags = frame.kind, frame.flags
        if kind == _MESSAGE and channel.number == 0:
            if flags & _WHOLE == _FIRST and read_head(frame).payload > limits.CONTROL_MESSAGE:
                raise ProtocolError("FRM-11", f"a message of more than {limits.CONTROL_MESSAGE} bytes for the supervisor")
            message = self._messages.accept(frame)
            if message is not None:
                self._owner.kernel_said(self, message)
            return
        if kind != _RELAY:
            raise ProtocolError("FRM-5", f"a kernel sent a frame of kind {kind} on channel {channel.number}")
        if frame.message >= limits.SUPERVISOR_NUMBERS:
            raise ProtocolError("FRM-12", f"message number {frame.message} is the supervisor's")
        stamped = Frame(
            kind, flags, channel.number, self.session, self.generation, frame.cell, frame.message, frame.body
        )
        self._ledger.accept(stamped)
        if flags & _CALL:
            self._calls += 1
            if self._calls > _CALLS_BOUND:
                raise ProtocolError("FRM-15", f"more than {_CALLS_BOUND} tool calls are open")
        elif flags & _CANCEL:
            self._calls = max(0, self._calls - 1)
        self._owner.kernel_relayed(self, stamped)

    def _open_channels(self) -> None:
        for _ in range(limits.DOOR_BATCH):
            try:
                data, fds, _, _ = socket.recv_fds(self._door, limits.COPY_DATAGRAM, 4)
            except OSError:
                return
            if not data and not fds:
                self.loop.forget(self._door.fileno())
                return
            if data[:1] == b"{":
                self._kept(data, fds)
                continue
            for fd in fds:
                if len(self._channels) > limits.CHANNELS:
                    os.close(fd)  # the thread sees the end of its channel
                else:
                    self._open(fd)

    def _kept(self, data: bytes, fds: list[int]) -> None:
        """It says what became of a copy of it."""
        try:
            said = json.loads(data)
        except (ValueError, RecursionError):
            said = None
        for fd in fds[1:]:
            os.close(fd)
        fd = fds[0] if fds else -1
        if not self.ready:
            self._read(self.main)  # it said first that it was ready: till then nobody takes a copy of it
        if isinstance(said, dict):
            self._owner.kernel_kept(self, said, fd)
        elif fd >= 0:
            os.close(fd)

    def _open(self, fd: int) -> None:
        sock = linux.guest_socket(fd, socket.SOCK_STREAM)
        if sock is None:
            return
        while self._next_channel in self._channels:
            self._next_channel = self._next_channel % limits.CHANNEL_MAX + 1
        channel = Inbound(self, self._next_channel, sock)
        self._next_channel = self._next_channel % limits.CHANNEL_MAX + 1
        self._channels[channel.number] = channel
        if self._owner.may_read():
            self.loop.on(fd, READ, self._reader(channel))

    def _ended(self, channel: Inbound) -> None:
        """A channel has ended: a thread's with its thread, the main one with the kernel."""
        if channel is self.main:
            self._fall_silent("the kernel closed its channel")
        elif self._ledger.open_on(channel.number):
            self.condemn(f"FRM-10: channel {channel.number} ended inside a message")
        elif self._channels.pop(channel.number, None) is not None:
            self._close(channel)

    def _unwritable(self, channel: Inbound) -> None:
        """It does not take any more, but may have said something before: its end is found by reading."""
        self.accepted(channel.sink.close())
        if channel is self.main:
            self.loop.after(0, lambda: self._fall_silent("the kernel closed its channel", after_reading=True))

    def _close(self, channel: Inbound) -> None:
        self.loop.forget(channel.socket.fileno())
        self.accepted(channel.sink.close())  # its credit goes back: these bytes wait for nobody any more
        channel.socket.close()

    # --- to the kernel ---

    def send(self, channel: int, data: bytes, cost: int) -> bool:
        """Queue a frame that costs credit; False where the channel has ended."""
        found = self._channels.get(channel)
        if found is None or self.fault is not None:
            return False
        found.sink.send(data, cost=cost)
        found.sink.flush()
        return True

    def send_all(self, frames: Iterable[bytes]) -> None:
        """Queue a message of the supervisor's own, which costs the host nothing."""
        if self.fault is None:
            for data in frames:
                self.main.sink.send(data)
            self.main.sink.flush()

    def accepted(self, cost: int) -> None:
        if cost:
            self._owner.kernel_accepted(self, cost)

    @property
    def calls(self) -> int:
        """Tool calls that are open, as far as it is known here."""
        return self._calls

    def answered(self) -> None:
        """A reply to a tool call was passed on."""
        self._calls = max(0, self._calls - 1)

    def cell_ended(self) -> None:
        """Its open calls are cancelled; the host need not answer them."""
        self._calls = 0

    # --- its end ---

    def take_in(self, *, threads_only: bool = False) -> None:
        """Take in all that it has said until now, in whichever channel."""
        if self.fault is None and linux.readable_bytes(self._door.fileno()):
            self._open_channels()
        if threads_only and len(self._channels) == 1:
            return
        for channel in list(self._channels.values()):
            if threads_only and channel is self.main:
                continue
            left = channel.held() if self.fault is None else 0
            while left > 0 and self.fault is None:
                taken = self._read(channel, min(left, limits.READ_SIZE))
                if not taken:
                    break
                left -= taken

    def condemn(self, reason: str) -> None:
        """It broke a rule, or its time is over: it is not talked to any more, and ends now."""
        if self.fault is None:
            self._hush(reason)
        self._overdue()

    def _fall_silent(self, reason: str, after_reading: bool = False) -> None:
        """It is ending, or another program has taken its process over: the former gets the time to end its own way."""
        if after_reading:
            self.take_in()
        if self.fault is None:
            self._hush(reason)
            self._grace = self.loop.after(limits.DEATH_BUDGET, self._overdue)

    def _overdue(self) -> None:
        self._killed = True
        self.kill()

    def _hush(self, reason: str) -> None:
        self.fault = reason
        for channel in self._channels.values():
            self.loop.forget(channel.socket.fileno())

    def kill(self) -> None:
        if self.pid:
            linux.kill(self.pid)

    def signal(self, number: int) -> None:
        if self.pid and not self.ended:
            linux.send(self.pid, number)

    def cause(self, status: int) -> dict[str, Any]:
        """What ended it, in the protocol's words."""
        if os.WIFSIGNALED(status):
            number = os.WTERMSIG(status)
            if number == signal.SIGKILL and self._killed:
                return {"kind": "channel", "detail": self.fault or "killed"}
            try:
                name = signal.Signals(number).name
            except ValueError:
                name = f"SIG{number}"
            return {"kind": "signal", "signal": name, "number": number}
        return {"kind": "exit", "code": os.WEXITSTATUS(status)}

    def give_up(self) -> str:
        """It will never be ready. Its pipes are nobody else's yet: closed, and what it last said on standard error."""
        self.close()
        self.kill()
        try:
            words = os.read(self.pipes[STDERR], limits.STATUS_DETAIL)
        except OSError:
            words = b""
        for fd in self.pipes.values():
            os.close(fd)
        return words.decode("utf-8", "backslashreplace").strip()

    def close(self) -> None:
        """It has ended or is given up. Its capture pipes may hold output still; they are somebody else's."""
        if self.ended:
            return
        self.ended = True
        self.fault = self.fault or "the kernel has ended"
        for timer in (self.deadline, self._grace):
            if timer is not None:
                timer.cancel()
        channels, self._channels = self._channels, {}
        for channel in channels.values():
            self._close(channel)
        self.loop.forget(self._door.fileno())
        self._door.close()


def _capture_pipes() -> tuple[dict[int, int], list[int]]:
    """Reading ends by stream, and the writing ends in the same order."""
    ours: dict[int, int] = {}
    theirs: list[int] = []
    try:
        for stream in (STDOUT, STDERR):
            read, write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
            os.set_blocking(write, True)
            ours[stream] = read
            theirs.append(write)
    except OSError:
        for fd in (*ours.values(), *theirs):
            os.close(fd)
        raise
    return ours, theirs
