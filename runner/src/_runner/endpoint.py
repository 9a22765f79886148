"""`runner.pyz --listen`: a supervisor of ours behind a websocket whose connections may be cut at any byte."""

from __future__ import annotations

import os
import socket
import sys
import time
from typing import TYPE_CHECKING, Any, Callable, Optional

from . import attaching, jsontext, limits, link
from .absence import Absence
from .attaching import Held, Verdict
from .channel import Sink
from .connection import Connection, accepted
from .counters import LinkCounters
from .errors import ProtocolError
from .link import Kind, Link, Number, Said, Sequenced
from .loop import READ, Loop, Timer
from .tombstone import expired
from .upgrade import Guard, Strikes
from .websocket import CloseCode

if TYPE_CHECKING:
    from .tls import Tls

_SUPERSEDED = 4409


class Endpoint:
    """Carries the bytes of the supervisor's channel over whatever connection there is. Confined to the supervisor's loop.

    The supervisor has the far end of a socket pair, and takes that for its channel to a host.
    """

    def __init__(
        self,
        loop: Loop,
        listening: socket.socket,
        guard: Guard,
        absence: Absence,
        tls: Optional[Callable[[], Tls]] = None,
    ) -> None:
        self._loop, self._listening, self.guard, self._absence = loop, listening, guard, absence
        self._tls = tls  # makes that of a connection; None: there is none
        self.strikes = Strikes()
        self._near, self.far_end = socket.socketpair()
        for end in (self._near, self.far_end, listening):
            end.setblocking(False)
        self._link = Link()
        self._host: Optional[str] = None  # whose stream it is; None: nobody's yet
        self._incarnation = ""  # the supervisor's, from `begin` on
        self._serve: Callable[[int], str] = str
        self._facts: Callable[[], dict[str, Any]] = dict
        self._current: Optional[Connection] = None
        self._connections: set[Connection] = set()
        self._to_supervisor = Sink(loop, self._near.fileno(), lambda cost: None, loop.stop)
        self._ack_timer: Optional[Timer] = None
        self._reading = False
        self._sending = False
        self._draining = 0.0  # seconds that it then has; 0: it is not asked to end
        self.expired = False  # its host did not come back in time
        self._counters = LinkCounters(self.strikes)

    def begin(self, incarnation: str, facts: Callable[[], dict[str, Any]], serve: Callable[[int], str]) -> None:
        """From now on it accepts connections to the supervisor of this incarnation.

        `serve` has the supervisor serve another host on a channel of its own, and tells its new incarnation.
        """
        self._incarnation, self._facts, self._serve = incarnation, facts, serve
        self._absence.before_the_first()
        self._loop.on(self._listening.fileno(), READ, self._accept)
        self._read_supervisor(True)

    def go_away(self, seconds: float) -> None:
        """The runner was told to end, and has so long: its own host may come back for what is left, others may not begin."""
        self._draining = seconds
        self._say_goaway()

    def _say_goaway(self) -> None:
        if self._current is not None:
            content = {"code": "draining", "message": "the runner ends", "deadlineMs": int(self._draining * 1000)}
            self._current.send(link.encode_said(Kind.GOAWAY, content))
            self._current.flush()

    @property
    def owed(self) -> int:
        """Bytes that its host has not taken over; nobody waits for those of a stream that is nobody's."""
        return self._link.sender.unacked if self._host is not None else 0

    def expire(self) -> None:
        """No host was attached for too long. Whoever may still come back is told so by a tombstone."""
        self.expired = self._host is not None
        self._loop.stop()

    def end(self, tombstone: Optional[dict[str, Any]] = None) -> None:
        """What the supervisor said last goes out first; with a tombstone others go on to listen."""
        try:
            while data := os.read(self._near.fileno(), limits.READ_SIZE):
                self._link.sender.write(data)
        except OSError:
            pass
        if self._current is not None:
            self.may_send(self._current)
        if self._current is not None:
            if not self._draining:
                self._say_goaway()
            self._current.farewell("the runner ends")
        for connection in list(self._connections):
            if tombstone is not None and connection.upgraded:
                connection.refuse(expired(tombstone), "session_expired")
            connection.close(CloseCode.RESTART, "the runner ends")
        if self._draining and self.owed:  # a host that let it go, or said goodbye, wants no more of it
            print(f"pyvisor: its host has not taken over the last {self.owed} bytes", file=sys.stderr)
        for end in (self._near, self.far_end):
            end.close()
        if tombstone is None:
            self._listening.close()
        self._loop.forget(self._listening.fileno())
        self._link = Link()  # the last of what was kept for sending again

    def totals(self) -> dict[str, int]:
        sender = self._link.sender
        return {
            "attaches": self._link.attached,
            "ackedBytes": sender.acked,
            "unackedBytes": sender.unacked,
            "receivedBytes": self._link.receiver.received,
        }

    def status(self) -> bytes:
        """What a probe gets: the supervisor's answer, whatever its kernels do. It changes nothing."""
        return jsontext.dump_ascii(
            {
                **self._facts(),
                "incarnation": self._incarnation,
                "attached": self._current is not None,
                **self.totals(),
                "link": self._counters.to_json(self._link),
            }
        )

    # --- connections ---

    def _accept(self) -> None:
        connection = accepted(self, self._loop, self._listening, len(self._connections), self._tls)
        if connection is not None:
            self._connections.add(connection)

    def lost(self, connection: Connection) -> None:
        self._connections.discard(connection)
        self.parted(connection)

    def parted(self, connection: Connection) -> None:
        """Nothing more is heard from it or said on it."""
        if connection is self._current:
            self._current = None
            self._link.sender.cut()
            self._counters.cut(time.monotonic())
            self._absence.begin()

    def heard(self, connection: Connection, word: link.Word) -> None:
        if connection.number == 0:
            self._attach(connection, word)
        elif connection is self._current:  # what a superseded one still says is nobody's
            self._linked(connection, word)

    def _attach(self, connection: Connection, word: link.Word) -> None:
        if not isinstance(word, Said) or word.kind != Kind.ATTACH:
            raise ProtocolError("REC-4", "the first message of a connection is an attach")
        try:
            attach = attaching.parse(word.content)
        except ProtocolError as problem:
            self._refuse(connection, 400, "invalid_argument", str(problem), None)
            return
        used = self._link.receiver.received > 0 or self._link.sender.acked > 0
        verdict = attaching.judge(attach, Held(self._incarnation, self._host, used, self._current is not None))
        if verdict is Verdict.EPOCH_CHANGED:
            self._refuse(connection, 410, verdict.value, "this runner is not the one that the host knew", attach.incarnation)
            return
        if verdict is Verdict.ALREADY_ATTACHED:
            self._refuse(connection, 409, verdict.value, "another host is attached", attach.incarnation)
            return
        if self._draining and (verdict is Verdict.RENEW or self._host is None):
            self._refuse(connection, 503, "draining", "the runner is ending and takes no new host", attach.incarnation)
            return
        poison = self._link.sender.poisoned
        if verdict is Verdict.RESUME and poison is not None and attach.received <= poison.offset:
            why = f"no connection survived the record at byte {poison.offset} of what the runner says"
            self._refuse(connection, 502, "transport_poison", why, attach.incarnation)
            return
        if verdict is Verdict.RESUME:
            try:
                self._link.sender.acknowledge(attach.received)  # refused before the connection that there is makes room
            except ProtocolError as problem:
                self._refuse(connection, 400, "invalid_argument", str(problem), attach.incarnation)
                return
        before, self._current = self._current, None
        if before is not None:  # no cut: what it carried did not end it
            before.close(_SUPERSEDED, "another connection was attached")
            self._counters.cut(time.monotonic())  # its host has seen one
        if verdict is Verdict.RENEW:
            self._renew()
        self._host = attach.host
        number = self._link.resume(attach.received)
        self._counters.attached(time.monotonic())
        self._absence.end()
        connection.attached(number)
        self._current = connection
        content = {"incarnation": self._incarnation, "attached": number, "received": self._link.receiver.told()}
        connection.send(link.encode_said(Kind.ATTACHED, content))
        connection.flush()
        if self._draining:
            self._say_goaway()
        self.may_send(connection)

    def _refuse(self, connection: Connection, status: int, code: str, why: str, known: Optional[str]) -> None:
        content = {"code": code, "status": status, "message": why, "was": known, "is": self._incarnation}
        connection.refuse(content, why)

    def _renew(self) -> None:
        """The stream is another host's from now on, and begins anew; what was left of the old one is nobody's."""
        self._read_supervisor(False)
        self._loop.forget(self._near.fileno())
        self._to_supervisor.close()
        old = self._near, self.far_end
        self._near, self.far_end = socket.socketpair()
        for end in (self._near, self.far_end):
            end.setblocking(False)
        self._incarnation = self._serve(self.far_end.fileno())
        for end in old:
            end.close()
        self._link, self._host = Link(), None
        self._counters = LinkCounters(self.strikes)
        self._to_supervisor = Sink(self._loop, self._near.fileno(), lambda cost: None, self._loop.stop)
        self._read_supervisor(True)

    def _linked(self, connection: Connection, word: link.Word) -> None:
        if isinstance(word, Number) and word.kind == Kind.PING:
            connection.pong(word.number)
        elif isinstance(word, Number) and word.kind == Kind.PONG:
            self._counters.answered(connection.asked, time.monotonic())
        elif isinstance(word, Said) and word.kind == Kind.GOODBYE:
            if word.content.get("mode") == "detach":
                connection.close(CloseCode.NORMAL, "goodbye")
                self._renew()  # at once, so that nothing of a host that will not come back holds up the next
            else:
                self._loop.stop()
        elif isinstance(word, (Sequenced, Number)):
            data = self._link.take(word)
            if data:
                self._to_supervisor.send(data)
            if not self._reading and self._link.sender.unacked < limits.REPLAY_LOW:
                self._read_supervisor(True)
        else:
            raise ProtocolError("REC-4", f"a host that is attached does not say {word.kind}")

    # --- the stream ---

    def pass_on(self) -> None:
        """After each read: to the supervisor, and to the host what is owed or ready."""
        if self._to_supervisor.queued:
            self._to_supervisor.flush()
        if self._current is not None:
            self.may_send(self._current)

    def may_send(self, connection: Connection) -> None:
        """Hands over records while the connection takes them; the rest stays where it can be cut anew."""
        if self._sending or connection is not self._current:
            return
        self._sending = True
        try:
            while self._fill(connection):
                connection.flush()
        finally:
            self._sending = False
        receiver = self._link.receiver
        if receiver.due and connection is self._current:
            connection.send(self._link.owed())
            connection.flush()
        elif receiver.owes and self._ack_timer is None:
            self._ack_timer = self._loop.after(limits.ACK_SECONDS, self._tell)

    def _fill(self, connection: Connection) -> bool:
        """Whether anything was handed over: the connection has room, and there is something for it."""
        filled = False
        while connection is self._current and connection.queued < limits.CONNECTION_HIGH:
            message = self._link.next_message()
            if message is None:
                break
            connection.send(message)
            filled = True
        return filled

    def _tell(self) -> None:
        self._ack_timer = None
        if self._current is not None and self._link.receiver.owes:
            self._current.send(self._link.owed())
            self._current.flush()

    def _read_supervisor(self, reading: bool) -> None:
        self._reading = reading
        self._loop.on(self._near.fileno(), READ, self._supervisor_spoke if reading else None)

    def _supervisor_spoke(self) -> None:
        try:
            data = os.read(self._near.fileno(), limits.READ_SIZE)
        except BlockingIOError:
            return
        self._link.sender.write(data)
        if self._link.sender.unacked > limits.REPLAY_HIGH:
            self._counters.stalls += 1
            self._read_supervisor(False)  # the kernels are slowed by the pipes in between
        if self._current is not None:
            self.may_send(self._current)
