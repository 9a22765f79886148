"""The command line of `runner.pyz --listen`: an address, a token, and the refusal of what would be unsafe."""

from __future__ import annotations

import hashlib
import ipaddress
import json
import os
import socket
import sys
from typing import Optional, Sequence

from . import limits, supervisor
from .endpoint import Endpoint
from .loop import READ, Loop
from .upgrade import Guard

_EXIT_USAGE = 64
_USAGE = "pyvisor: usage: runner.pyz --listen ADDRESS:PORT (--token-file FILE | --token-fd NUMBER) [--leash]"


class _Unusable(Exception):
    """What was asked for cannot be done; the text says what would."""


def main(home: str, arguments: Sequence[str]) -> int:
    try:
        address, port, token = _parse(arguments)
        listening = _listen(address, port)
    except _Unusable as problem:
        print(f"pyvisor: {problem}", file=sys.stderr)
        return _EXIT_USAGE
    _, port = listening.getsockname()[:2]
    name = f"[{address}]" if ":" in address else address
    guard = Guard(token, frozenset({f"{name}:{port}", f"localhost:{port}"}))
    # The supervisor takes its channel from descriptors 0 and 1; here it gets the endpoint's instead.
    loop, inbound, outbound, nursery = supervisor.settle_in(home)
    endpoint = Endpoint(loop, listening, guard)
    channel = endpoint.far_end.fileno()
    runner = supervisor.Supervisor(loop, channel, channel, nursery)
    endpoint.begin(runner.incarnation, runner.status)
    os.write(outbound, json.dumps({"listening": f"{name}:{port}", "pid": os.getpid()}).encode() + b"\n")
    # Its output stays open: that it ends is how whoever started the runner sees it end.
    if arguments[3:]:
        loop.on(inbound, READ, lambda: _pull(inbound, loop))  # whoever started it holds the other end
    try:
        return runner.run()
    finally:
        endpoint.end()


def _pull(leash: int, loop: Loop) -> None:
    """The leash was let go."""
    try:
        if os.read(leash, limits.READ_SIZE):
            return
    except BlockingIOError:
        return
    except OSError:
        pass
    loop.forget(leash)
    loop.stop()


def _parse(arguments: Sequence[str]) -> tuple[str, int, bytes]:
    if len(arguments) not in (3, 4) or arguments[3:] not in ([], ["--leash"]) or arguments[1] not in ("--token-file", "--token-fd"):
        raise _Unusable(_USAGE.partition(": ")[2])
    where, _, port = arguments[0].rpartition(":")
    address = where.strip("[]")
    try:
        loopback = ipaddress.ip_address(address).is_loopback
        number = int(port)
    except ValueError:
        raise _Unusable(f"'{arguments[0]}' is no ADDRESS:PORT; 127.0.0.1:0 takes a free port") from None
    if not 0 <= number <= 65_535:
        raise _Unusable(f"port {number} is not between 0 and 65535")
    if not loopback:
        raise _Unusable(f"{address} can be reached from elsewhere, and what is said would be readable; use 127.0.0.1")
    return address, number, _token(arguments[1], arguments[2])


def _token(option: str, value: str) -> bytes:
    """The SHA-256 of the token: the token itself is not kept."""
    try:
        if option == "--token-fd":
            fd = int(value)
        else:
            fd = os.open(value, os.O_RDONLY | os.O_CLOEXEC)
            if os.fstat(fd).st_mode & 0o077:
                raise _Unusable(f"{value} can be read by others; chmod 600 {value}")
        with open(fd, "rb") as file:
            token = file.read(limits.HTTP_HEAD).strip()
    except (OSError, ValueError) as problem:
        raise _Unusable(f"{option} {value}: the token cannot be read: {problem}") from None
    if len(token) < limits.TOKEN_MIN:
        raise _Unusable(f"the token has {len(token)} bytes; at least {limits.TOKEN_MIN} random ones are needed")
    return hashlib.sha256(token).digest()


def _listen(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listening: Optional[socket.socket] = None
    try:
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((address, port))
        listening.listen(limits.CONNECTIONS)
        return listening
    except OSError as problem:
        if listening is not None:
            listening.close()
        raise _Unusable(f"{address}:{port} cannot be listened to: {problem}") from None
