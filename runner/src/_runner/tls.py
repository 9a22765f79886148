"""TLS of one connection that others may see: bytes of the peer's in, what they hold out, and the other way. It does no I/O."""

from __future__ import annotations

import ssl

from . import limits

_HANDSHAKE = 0x16  # the first byte of whoever speaks TLS
_OPTIONS = ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION  # a handshake is paid for once


def context(chain: str, key: str) -> ssl.SSLContext:
    """For this certificate with what certifies it, and its key. Raises OSError or ValueError."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.options |= _OPTIONS
    made.num_tickets = 0  # of TLS 1.3: nobody comes more often than once in a cut, which a whole handshake is good for
    made.load_cert_chain(chain, key, password=_no_password)
    return made


def _no_password() -> str:
    raise ValueError("the key is encrypted, and nobody is there to be asked for its password; store it without one")


class Tls:
    """The server's side of one connection. Confined to the loop."""

    def __init__(self, made: ssl.SSLContext) -> None:
        self._inbound, self._outbound = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = made.wrap_bio(self._inbound, self._outbound, server_side=True)
        self._unshaken = 0  # bytes that came before the handshake was over
        self.shaken = False
        self.over = False  # the peer says nothing more
        self.broken = False  # it does not speak TLS as it must: nothing more is to be given to it
        self.plain = False  # it does not speak TLS at all, but perhaps HTTP

    def received(self, data: bytes) -> bytes:
        """What these bytes hold of what the peer says; nothing while a piece of it is not whole."""
        if not self.shaken:
            self.plain = not self._unshaken and ord("A") <= data[0] <= ord("Z")
            self.broken = self.plain or (not self._unshaken and data[0] != _HANDSHAKE)
            self._unshaken += len(data)
            if self.broken or self._unshaken > limits.TLS_HANDSHAKE:
                self.broken = True
                return b""
        self._inbound.write(data)
        parts: list[bytes] = []
        try:
            if not self.shaken:
                self._tls.do_handshake()
                self.shaken = True
            while part := self._tls.read(limits.READ_SIZE):
                parts.append(part)
            self.over = True
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError:
            self.over = True
        except ssl.SSLError:
            self.broken = True
        return b"".join(parts)

    def sealed(self, data: bytes) -> bytes:
        """What goes out for it; only once the handshake is over. Nothing behind the last word, nor when all is broken."""
        if not self.broken:
            try:
                self._tls.write(data)
            except ssl.SSLError:
                self.broken = True
        return self.pending()

    def pending(self) -> bytes:
        """What is to go out by itself: of a handshake, or an alert."""
        return self._outbound.read()

    def ended(self) -> bytes:
        """The last word: what comes behind it was not said here."""
        try:
            self._tls.unwrap()
        except (ssl.SSLError, ValueError):
            pass  # it waits for the peer's own last word, which nobody needs
        return self.pending()
