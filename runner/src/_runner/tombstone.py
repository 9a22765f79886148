"""What is left of a runner whose host did not come back in time: for a while it says how it ended."""

from __future__ import annotations

import os
import socket
import time
from typing import TYPE_CHECKING, Any, Callable, Optional

from . import jsontext, limits, link
from .connection import Connection, accepted
from .errors import ProtocolError
from .link import Kind, Said
from .loop import READ, Loop
from .upgrade import Guard, Strikes

if TYPE_CHECKING:
    from .tls import Tls

def expired(tombstone: dict[str, Any]) -> dict[str, Any]:
    """What is said to a host that comes too late."""
    return {
        "code": "session_expired",
        "status": 410,
        "message": f"{tombstone['reason']}, and its sessions are gone",
        "tombstone": tombstone,
    }


class Tombstone:
    """Answers probes, and refuses every attach. It keeps a few numbers and has no process beside its own. Confined to its loop."""

    def __init__(
        self,
        loop: Loop,
        listening: socket.socket,
        guard: Guard,
        facts: dict[str, Any],
        tls: Optional[Callable[[], Tls]] = None,
    ) -> None:
        self._loop, self._listening, self.guard, self._facts, self._tls = loop, listening, guard, facts, tls
        self.strikes = Strikes()
        self._connections: set[Connection] = set()
        self._began = time.monotonic()

    def serve(self, seconds: float) -> None:
        """For so long, or until the loop is stopped."""
        self._loop.after(seconds, self._loop.stop)
        self._loop.on(self._listening.fileno(), READ, self._accept)
        try:
            self._loop.run()
        finally:
            for connection in list(self._connections):
                connection.lost()
            self._listening.close()

    def _told(self) -> dict[str, Any]:
        return {**self._facts, "endedMsAgo": int((time.monotonic() - self._began) * 1000)}

    def status(self) -> bytes:
        return jsontext.dump_ascii({"pid": os.getpid(), "attached": False, "sessions": [], "tombstone": self._told()})

    def _accept(self) -> None:
        connection = accepted(self, self._loop, self._listening, len(self._connections), self._tls)
        if connection is not None:
            self._connections.add(connection)

    def heard(self, connection: Connection, word: link.Word) -> None:
        if not isinstance(word, Said) or word.kind != Kind.ATTACH:
            raise ProtocolError("REC-4", "the first message of a connection is an attach")
        connection.refuse(expired(self._told()), "session_expired")

    def lost(self, connection: Connection) -> None:
        self._connections.discard(connection)

    def pass_on(self) -> None:
        """There is no stream."""

    def may_send(self, connection: Connection) -> None:
        """Nor anything of one to be sent."""

    def parted(self, connection: Connection) -> None:
        """Nor anybody attached to it."""
