"""The HTTP/1.1 that stands before a websocket: one request, judged before anything is promised. Sans-I/O."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections import deque
from typing import NamedTuple, Optional

from . import jsontext, limits
from .pristine import BUILTINS as __builtins__

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 section 1.3
_TOKEN_CHARACTERS = frozenset(b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
SUBPROTOCOL = "pyvisor.v1"
_PHRASES = {
    200: "OK", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
    408: "Request Timeout", 426: "Upgrade Required", 429: "Too Many Requests", 431: "Request Header Fields Too Large",
    503: "Service Unavailable",
}  # fmt: skip


class Refused(Exception):
    """The request is answered with this status, and the connection is closed."""

    def __init__(self, status: int, code: str, message: str, **headers: str) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status, self.code, self.message = status, code, message
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    def answer(self) -> bytes:
        body = jsontext.dump_ascii({"error": {"code": self.code, "status": self.status, "message": self.message}})
        return response(self.status, body, self.headers)


class Request(NamedTuple):
    method: str
    target: str
    headers: dict[str, list[str]]  # by lower-case name

    def one(self, name: str) -> Optional[str]:
        """The value of a header that may be there once; None where it is absent."""
        values = self.headers.get(name, [])
        if len(values) > 1:
            raise Refused(400, "invalid_argument", f"the header {name} is there {len(values)} times; once is allowed")
        return values[0] if values else None

    def words(self, name: str) -> set[str]:
        """The comma-separated, lower-case words of a header, wherever they stand."""
        return {word.strip().lower() for value in self.headers.get(name, []) for word in value.split(",")} - {""}


class RequestReader:
    """Collects one request without a body. Whoever is not known yet gets no more memory than a head may have."""

    def __init__(self) -> None:
        self._data = bytearray()

    def feed(self, data: bytes) -> Optional[tuple[Request, bytes]]:
        """The request, and what came behind it; None while it is not whole."""
        seen = max(0, len(self._data) - 3)
        self._data += data
        end = self._data.find(b"\r\n\r\n", seen, limits.HTTP_HEAD + 4)
        if end < 0:
            self._check_start()
            if len(self._data) > limits.HTTP_HEAD:
                raise Refused(431, "message_too_large", f"the head has more than {limits.HTTP_HEAD} bytes")
            return None
        head, rest = bytes(self._data[:end]), bytes(self._data[end + 4 :])
        self._data.clear()
        return parse(head), rest

    def _check_start(self) -> None:
        """What is not HTTP at all is noticed at its first line, not at the limit."""
        line = bytes(self._data[:9])
        if line and not (line.isalpha() and line.isupper() or line.partition(b" ")[0].isupper()):
            raise Refused(400, "invalid_argument", "this is no HTTP request")
        newline = self._data.find(b"\n")
        if newline >= 0 and not self._data.endswith(b"\r", 0, newline):
            raise Refused(400, "invalid_argument", "a line ends with a bare line feed")


def parse(head: bytes) -> Request:
    """A strict reading: what two readers could take for two different things is refused."""
    try:
        first, *lines = head.decode("ascii").split("\r\n")
    except UnicodeDecodeError:
        raise Refused(400, "invalid_argument", "the head of the request is not ASCII") from None
    words = first.split(" ")
    if len(words) != 3 or not words[0].isalpha() or not words[1].startswith("/"):
        raise Refused(400, "invalid_argument", "the request line is not 'METHOD /path HTTP/1.1'")
    if words[2] != "HTTP/1.1":
        raise Refused(400, "invalid_argument", "only HTTP/1.1 is spoken here")
    if not all(33 <= ord(character) < 127 for character in words[1]):
        raise Refused(400, "invalid_argument", "the path has characters that a path may not have")
    if len(lines) > limits.HTTP_HEADERS:
        raise Refused(431, "message_too_large", f"{len(lines)} headers; the limit is {limits.HTTP_HEADERS}")
    headers: dict[str, list[str]] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name or not _TOKEN_CHARACTERS.issuperset(name.encode()):
            raise Refused(400, "invalid_argument", "a header is not 'Name: value'")
        value = value.strip(" \t")
        if any(ord(character) < 32 and character != "\t" or ord(character) == 127 for character in value):
            raise Refused(400, "invalid_argument", f"the header {name} holds a control character")
        headers.setdefault(name.lower(), []).append(value)
    request = Request(words[0], words[1], headers)
    if request.headers.get("transfer-encoding") or (request.one("content-length") or "0") != "0":
        raise Refused(400, "invalid_argument", "a request with a body; none is taken here")
    return request


class Guard(NamedTuple):
    """Who may come in: by the name that is asked for, by no page of a browser, and with the token."""

    token: bytes  # its SHA-256
    hosts: frozenset[str]  # values of Host, lower-case
    origins: frozenset[str] = frozenset()  # pages that may, none by default

    def check(self, request: Request) -> None:
        host = (request.one("host") or "").lower()
        if host not in self.hosts:
            raise Refused(403, "permission_denied", "this runner is not known by the name in the Host header")
        origin = request.one("origin")
        if origin is not None and origin not in self.origins:
            raise Refused(403, "origin_forbidden", "no page of a browser may connect unless its origin is allowed")
        scheme, _, given = (request.one("authorization") or "").partition(" ")
        # All of it in any case, so that a wrong scheme and a wrong token take the same time.
        same = hmac.compare_digest(hashlib.sha256(given.strip().encode()).digest(), self.token)
        if not (same and scheme.lower() == "bearer"):
            raise Refused(401, "unauthenticated", "a valid bearer token is needed", WWW_Authenticate="Bearer")


class Strikes:
    """Counts wrong tokens by address. Whoever has the right one is not kept out by others of its address: user code may be one."""

    def __init__(self) -> None:
        self._by_address: dict[str, deque[float]] = {}
        self.failures = 0  # of all addresses

    def count(self, address: str, now: float) -> None:
        """One more; beyond the limit it is refused as such."""
        self.failures += 1
        times = self._by_address.get(address)
        if times is None:
            if len(self._by_address) >= limits.AUTH_ADDRESSES:
                del self._by_address[next(iter(self._by_address))]
            times = self._by_address[address] = deque()
        while times and now - times[0] >= limits.AUTH_SECONDS:
            times.popleft()
        if len(times) >= limits.AUTH_FAILURES:
            wait = str(int(times[0] + limits.AUTH_SECONDS - now) + 1)
            raise Refused(429, "resource_exhausted", "too many wrong tokens from this address", Retry_After=wait)
        times.append(now)


def accept(request: Request) -> bytes:
    """The answer that makes the connection a websocket; the request has passed the guard."""
    if request.method != "GET":
        raise Refused(405, "invalid_argument", "a websocket begins with GET", Allow="GET")
    if "websocket" not in request.words("upgrade") or "upgrade" not in request.words("connection"):
        raise Refused(426, "version_unsupported", "a websocket is expected here", Upgrade="websocket")
    if request.one("sec-websocket-version") != "13":
        raise Refused(426, "version_unsupported", "version 13 of the websocket is spoken", Sec_WebSocket_Version="13")
    if SUBPROTOCOL not in request.words("sec-websocket-protocol"):
        raise Refused(426, "version_unsupported", f"the subprotocol {SUBPROTOCOL} is spoken, and was not offered")
    key = request.one("sec-websocket-key") or ""
    try:
        if len(base64.b64decode(key, validate=True)) != 16:
            raise ValueError
    except (binascii.Error, ValueError):
        raise Refused(400, "invalid_argument", "the header sec-websocket-key is not 16 bytes in base64") from None
    proof = base64.b64encode(hashlib.sha1(key.encode() + _GUID).digest()).decode()
    return (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {proof}\r\nSec-WebSocket-Protocol: {SUBPROTOCOL}\r\n\r\n"
    ).encode()


def response(status: int, body: bytes, headers: Optional[dict[str, str]] = None) -> bytes:
    """A whole answer of JSON, after which the connection is closed."""
    lines = [
        f"HTTP/1.1 {status} {_PHRASES[status]}", "Content-Type: application/json", f"Content-Length: {len(body)}",
        "Cache-Control: no-store", "Connection: close", *(f"{name}: {value}" for name, value in (headers or {}).items()),
    ]  # fmt: skip
    return "\r\n".join([*lines, "", ""]).encode() + body
