"""One TCP connection of a listening runner, from its first byte to the last words on it."""

from __future__ import annotations

import os
import socket
import time
from typing import TYPE_CHECKING, Any, Callable, Optional, Protocol

from . import limits, link, upgrade, websocket
from .channel import Sink
from .errors import ProtocolError
from .heartbeat import Act, Heartbeat
from .link import Kind
from .loop import READ, Loop, Timer
from .records import GAP
from .upgrade import Guard, Refused, Request, RequestReader, Strikes
from .websocket import Broken, CloseCode, Opcode

if TYPE_CHECKING:
    from .tls import Tls  # without it `ssl` is not imported, which costs tens of milliseconds

_BINARY = int(Opcode.BINARY)
_LINK_PATH = "/v1/link"
_STATUS_PATH = "/v1/status"
_MESSAGE = limits.RECORD + limits.RECORD_HEAD
_CLOSE_CODES = 4000  # and the status of the refusal
_BROKEN = 4400  # the peer's fault: it would do it again
_AGAIN = 4503  # another connection may do better
_UNAUTHENTICATED = 401


_SPEAK_TLS = Refused(400, "invalid_argument", "TLS is spoken at this port; write wss:// or https://").answer()


class Owner(Protocol):
    """What a connection needs of the endpoint that it belongs to."""

    guard: Guard
    strikes: Strikes

    def status(self) -> bytes: ...

    def heard(self, connection: Connection, word: link.Word) -> None: ...

    def pass_on(self) -> None: ...

    def may_send(self, connection: Connection) -> None: ...

    def parted(self, connection: Connection) -> None: ...

    def lost(self, connection: Connection) -> None: ...


class Connection:
    """One TCP connection: first HTTP, then perhaps a websocket, then perhaps the link. Confined to the loop."""

    def __init__(
        self, endpoint: Owner, loop: Loop, peer: socket.socket, address: str, tls: Optional[Tls] = None
    ) -> None:
        self._endpoint, self._loop, self._peer, self._address = endpoint, loop, peer, address
        self._tls = tls  # None: what is said can be read on the way
        self._heartbeat = Heartbeat(time.monotonic())
        self._request: Optional[RequestReader] = RequestReader()
        self._reader = websocket.Reader(_MESSAGE)
        self._sink = Sink(loop, peer.fileno(), lambda cost: endpoint.may_send(self), self.lost)
        self._closing = False
        self.asked: Optional[float] = None  # when the peer was last asked whether it lives
        self.number = 0  # of its attach; 0: it is not attached
        self._deadline: Optional[Timer] = None
        self._await(limits.ATTACH_SECONDS, self._too_slow)
        loop.on(peer.fileno(), READ, self._spoke)

    @property
    def upgraded(self) -> bool:
        """Whether it is a websocket by now."""
        return self._request is None

    @property
    def queued(self) -> int:
        return self._sink.queued

    def send(self, message: bytes) -> None:
        """A message of the link; what it takes is written at once, the rest when the peer has read."""
        self._say(websocket.header(_BINARY, len(message)) + message)

    def _say(self, data: bytes) -> None:
        if self._closing:
            return  # the last word is said
        self._sink.send(data if self._tls is None else self._tls.sealed(data))

    def flush(self) -> None:
        if self._sink.queued:
            self._sink.flush()

    def refuse(self, content: dict[str, Any], reason: str) -> None:
        """Say ERROR, and close with the code that belongs to its status."""
        self.send(link.encode_said(Kind.ERROR, content))
        self.close(_CLOSE_CODES + content["status"], reason)

    def close(self, code: int, reason: str) -> None:
        """Say why, and go; what cannot be said at once is not waited for."""
        if not self._closing:
            if self._request is None:
                self._say(websocket.close_frame(code, reason))
            elif self._tls is None or self._tls.shaken:  # the runner ends while it is still asked
                self._say(Refused(503, "draining", reason, Retry_After="1").answer())
            self._leave()

    def _leave(self) -> None:
        """Last words are on their way. What the peer is still saying is thrown away for a moment: to close while it is unread
        would reset the connection, and those words with it.
        """
        self._closing = True
        self._endpoint.parted(self)  # first: what is written below would else ask for more to be said
        if self._tls is not None and self._tls.shaken:
            self._sink.send(self._tls.ended())
        self._sink.flush()
        if self._peer.fileno() < 0:
            return
        self._sink.close()
        self._loop.forget(self._peer.fileno())
        try:
            self._peer.shutdown(socket.SHUT_WR)
        except OSError:
            self.lost()
            return
        self._await(limits.LINGER_SECONDS, self.lost)
        self._loop.on(self._peer.fileno(), READ, self._throw_away)

    def farewell(self, reason: str) -> None:
        """The loop runs no more: wait, but not for long, until the peer has taken what was said, and has gone."""
        self._sink.drain(limits.FLUSH_BUDGET)
        self.close(CloseCode.RESTART, reason)
        deadline = time.monotonic() + limits.FLUSH_BUDGET
        try:
            left = limits.FLUSH_BUDGET
            while left > 0:
                self._peer.settimeout(left)
                if not self._peer.recv(limits.READ_SIZE):
                    break
                left = deadline - time.monotonic()
        except OSError:
            pass
        self.lost()

    def _throw_away(self) -> None:
        try:
            if os.read(self._peer.fileno(), limits.READ_SIZE):
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        self.lost()

    def lost(self) -> None:
        """The connection is gone, from whatever side."""
        self._closing = True
        self._await(0, None)
        if self._peer.fileno() >= 0:
            self._loop.forget(self._peer.fileno())
            self._sink.close()
            self._peer.close()
            self._endpoint.lost(self)

    def _await(self, seconds: float, then: Optional[Callable[[], None]]) -> None:
        """The one deadline there is at a time; None: none."""
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = self._loop.after(seconds, then) if then is not None else None

    def _too_slow(self) -> None:
        if self._request is not None:
            self._answer(Refused(408, "attach_timeout", "no whole request came in time").answer())
        else:
            self.close(4408, "no attach came in time")

    def _spoke(self) -> None:
        try:
            data = os.read(self._peer.fileno(), limits.READ_SIZE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.lost()
            return
        self._heartbeat.heard(time.monotonic())
        if self._tls is None:
            self._said(data)
        else:
            self._unseal(self._tls, data)

    def _unseal(self, tls: Tls, data: bytes) -> None:
        """What it says beneath TLS; before that, what TLS itself has to say goes on its way."""
        found, said = tls.received(data), tls.pending()
        if said:
            self._sink.send(said)
        if found:
            self._said(found)
        if self._closing:
            return
        if tls.broken:
            if tls.plain:  # it can be told, and in plain words only
                self._sink.send(_SPEAK_TLS)
            self._leave()
        elif tls.over:
            self.lost()
        else:
            self._answered()

    def _said(self, data: bytes) -> None:
        try:
            if self._request is not None:
                found = self._request.feed(data)
                if found is None:
                    return
                data = self._asked(*found)
            if not self._closing:
                for event in self._reader.feed(data):
                    self._heard(event)
                    if self._closing:
                        break  # what came before is passed on all the same
        except Refused as refused:
            self._answer(refused.answer())
        except Broken as broken:
            self.close(broken.code, broken.text)
        except ProtocolError as error:
            self.close(_AGAIN if error.rule == GAP else _BROKEN, str(error))
        self._endpoint.pass_on()

    def _asked(self, request: Request, rest: bytes) -> bytes:
        try:
            self._endpoint.guard.check(request)
        except Refused as refused:
            if refused.status == _UNAUTHENTICATED:
                self._endpoint.strikes.count(self._address, time.monotonic())
            raise
        path = request.target.partition("?")[0]
        if path == _STATUS_PATH:
            if request.method != "GET":
                raise Refused(405, "invalid_argument", "the status is asked for with GET", Allow="GET")
            self._answer(upgrade.response(200, self._endpoint.status()))
            return b""
        if path != _LINK_PATH:
            raise Refused(404, "not_found", f"there is nothing at this path; {_LINK_PATH} and {_STATUS_PATH} are served")
        accepted = upgrade.accept(request)
        self._request = None
        self._say(accepted)
        self._sink.flush()
        return rest

    def _answer(self, response: bytes) -> None:
        if self._tls is not None and not self._tls.shaken:
            self.lost()  # it could not be read
            return
        self._say(response)
        self._leave()

    def _heard(self, event: websocket.Event) -> None:
        if isinstance(event, websocket.Message):
            word = link.decode(event.body)
            if word is not None:
                self._endpoint.heard(self, word)
        elif isinstance(event, websocket.Ping):
            self._say(websocket.frame(Opcode.PONG, event.body))
            self._answered()
        elif isinstance(event, websocket.Close):
            self.close(CloseCode.NORMAL if event.code == CloseCode.NO_STATUS else event.code, "")

    def attached(self, number: int) -> None:
        self.number = number
        self._look_again()

    def _look_again(self) -> None:
        """The one deadline of an attached connection is that of its silence."""
        self._await(max(0.0, self._heartbeat.wake - time.monotonic()), self._look)

    def _look(self) -> None:
        act = self._heartbeat.look(time.monotonic())
        if act is Act.DEAD:
            self.lost()  # a half-open connection: there is nobody to say anything to
            return
        if act is Act.PING:
            self.asked = time.monotonic()
            self.send(link.encode_number(Kind.PING, 0))
            self._sink.flush()
            if self._closing:
                return
        self._look_again()

    def pong(self, number: int) -> None:
        self.send(link.encode_number(Kind.PONG, number))
        self._answered()

    def _answered(self) -> None:
        """Who asks and asks and does not read the answers gets no memory for them."""
        self._sink.flush()
        if self._sink.queued > limits.CONNECTION_MAX:
            self.lost()


def accepted(
    owner: Owner, loop: Loop, listening: socket.socket, taken: int, tls: Optional[Callable[[], Tls]]
) -> Optional[Connection]:
    """Who is at the door; None where nobody is any more, or more than `taken` would be too many."""
    try:
        peer, address = listening.accept()
    except OSError:
        return None  # it went away again, or there is no descriptor left for it
    if taken >= limits.CONNECTIONS:
        if tls is None:
            _turn_away(peer)
        else:
            peer.close()  # what is not sealed could not be read
        return None
    peer.setblocking(False)
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return Connection(owner, loop, peer, address[0], None if tls is None else tls())


def _turn_away(peer: socket.socket) -> None:
    """Says that there is no room; what does not fit its buffer is not said."""
    with peer:
        peer.setblocking(False)
        try:
            text = f"{limits.CONNECTIONS} connections are open, and {limits.CONNECTIONS} is the limit; try again later"
            peer.send(Refused(429, "resource_exhausted", text, Retry_After="1").answer())
        except OSError:
            pass
