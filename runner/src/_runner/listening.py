"""The command line of `runner.pyz --listen`: an address, a token, and the refusal of what would be unsafe."""

from __future__ import annotations

import hashlib
import ipaddress
import json
import os
import re
import signal
import socket
import sys
from typing import TYPE_CHECKING, Any, Callable, NamedTuple, Optional, Sequence

from . import absence, limits, supervisor
from .absence import Absence
from .draining import Drain
from .endpoint import Endpoint
from .loop import READ, Loop
from .tombstone import Tombstone
from .upgrade import Guard

if TYPE_CHECKING:
    from .tls import Tls

_EXIT_USAGE = 64
_USAGE = (
    "usage: runner.pyz --listen (ADDRESS:PORT | fd:NUMBER) (--token-file FILE | --token-fd NUMBER) [--detach-ttl DURATION] [--leash] "
    "[--tombstone-ttl DURATION] [--cert FILE --key FILE] [--host NAME,...] [--unsafe-without-tls]"
)
_VALUED = ("--token-file", "--token-fd", "--detach-ttl", "--tombstone-ttl", "--cert", "--key", "--host")
_FLAGS = ("--leash", "--unsafe-without-tls")
_INHERITED = "fd:"
_DEFAULT_PORTS = {"http": 80, "https": 443}  # a client leaves them out of `Host`


_NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")


class _Unusable(Exception):
    """What was asked for cannot be done; the text says what would."""


class _Asked(NamedTuple):
    address: str
    port: int
    inherited: Optional[socket.socket]  # listens there already
    token: bytes  # its SHA-256
    leashed: bool
    ttl: Optional[float]  # None: it may be without a host for as long as the leash is held
    tls: Optional[Callable[[], Tls]]
    names: tuple[str, ...]  # other than its address, by which hosts know it
    tombstone: float  # for how long it then still says how it ended


def main(home: str, arguments: Sequence[str]) -> int:
    try:
        asked = _parse(arguments)
        listening = asked.inherited or _listen(asked.address, asked.port)
    except _Unusable as problem:
        print(f"pyvisor: {problem}", file=sys.stderr)
        return _EXIT_USAGE
    _, port = listening.getsockname()[:2]
    name = f"[{asked.address}]" if ":" in asked.address else asked.address
    guard = Guard(asked.token, frozenset(_hosts((name, "localhost", *asked.names), port, asked.tls is not None)))
    # The supervisor takes its channel from descriptors 0 and 1; here it gets the endpoint's instead.
    loop, inbound, outbound, nursery = supervisor.settle_in(home)
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):  # there may be no host to which a terminal's Ctrl-C belongs
        signal.signal(number, lambda signum, frame: loop.signalled())
    endpoint = Endpoint(loop, listening, guard, Absence(loop, asked.ttl, lambda: endpoint.expire()), asked.tls)
    channel = endpoint.far_end.fileno()
    runner = supervisor.Supervisor(loop, channel, channel, nursery)
    Drain(loop, runner, endpoint)
    endpoint.begin(runner.incarnation, runner.status, runner.renew)
    os.write(outbound, _listens(f"{name}:{port}", asked) + b"\n")
    # Its output stays open: that it ends is how whoever started the runner sees it end.
    if asked.leashed:
        loop.on(inbound, READ, lambda: _pull(inbound, loop))  # whoever started it holds the other end
    tombstone: Optional[dict[str, Any]] = None
    try:
        status = runner.run()
        if endpoint.expired and not runner.draining and asked.tombstone > 0:
            totals = {**endpoint.totals(), **runner.totals(), "lostCells": runner.lost_cells}
            reason = f"no host was attached for {asked.ttl:g} s"
            tombstone = {"incarnation": runner.incarnation, "exitStatus": status, "reason": reason, "totals": totals}
    finally:
        endpoint.end(tombstone)
    if tombstone is not None:
        last = Loop()
        for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
            signal.signal(number, lambda signum, frame: last.signalled())
        last.watch_children(lambda ended: None)
        if asked.leashed:
            last.on(inbound, READ, lambda: _pull(inbound, last))
        Tombstone(last, listening, guard, tombstone, asked.tls).serve(asked.tombstone)
    return status


def _listens(where: str, asked: _Asked) -> bytes:
    return json.dumps({"listening": where, "pid": os.getpid(), "tls": asked.tls is not None}).encode()


def _hosts(names: Sequence[str], port: int, secure: bool) -> list[str]:
    """What a client may write into `Host`."""
    hosts = [f"{name}:{port}" for name in names]
    return hosts + list(names) if port == _DEFAULT_PORTS["https" if secure else "http"] else hosts


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


def _parse(arguments: Sequence[str]) -> _Asked:
    where, rest = "".join(arguments[:1]), list(arguments[1:])
    options: dict[str, str] = {}
    flags: set[str] = set()
    while rest:
        option = rest.pop(0)
        if option in _FLAGS and option not in flags:
            flags.add(option)
        elif option in _VALUED and rest and option not in options:
            options[option] = rest.pop(0)
        else:
            raise _Unusable(_USAGE)
    tokens = [(option, options[option]) for option in _VALUED[:2] if option in options]
    if not where or len(tokens) != 1:
        raise _Unusable(_USAGE)
    tls = _tls(options)
    inherited = _inherited(where[len(_INHERITED) :]) if where.startswith(_INHERITED) else None
    if inherited is not None:
        where = "%s:%d" % inherited.getsockname()[:2]
    address, port = _address(where, tls is not None or "--unsafe-without-tls" in flags)
    leashed = "--leash" in flags
    ttl = _seconds(options, "--detach-ttl", None if leashed else limits.DETACH_TTL)
    tombstone = _seconds(options, "--tombstone-ttl", limits.TOMBSTONE_TTL)
    assert tombstone is not None
    return _Asked(address, port, inherited, _token(*tokens[0]), leashed, ttl, tls, _names(options.get("--host")), tombstone)


def _seconds(options: dict[str, str], option: str, otherwise: Optional[float]) -> Optional[float]:
    try:
        return absence.seconds(options[option]) if option in options else otherwise
    except ValueError as problem:
        raise _Unusable(f"{option} {problem}") from None


def _names(text: Optional[str]) -> tuple[str, ...]:
    names = () if text is None else tuple(name.lower() for name in text.split(","))
    for name in names:
        if not _NAME.fullmatch(name):
            raise _Unusable(f"--host '{name}' is no name of a host, as runner.example.org; several are separated by commas")
    return names


def _tls(options: dict[str, str]) -> Optional[Callable[[], Tls]]:
    """What makes the TLS of a connection; None where none is asked for."""
    chain, key = options.get("--cert"), options.get("--key")
    if chain is None and key is None:
        return None
    if chain is None or key is None:
        raise _Unusable("--cert and --key belong together: the file of the certificates, and that of the first one's key")
    try:
        from . import tls  # not always there, and not needed by most
    except ImportError as problem:
        raise _Unusable(f"this Python cannot do TLS: {problem}; choose another, or leave --cert out") from None
    try:
        if os.stat(key).st_mode & 0o077:
            raise _Unusable(f"{key} can be read by others; chmod 600 {key}")
        context = tls.context(chain, key)
    except (OSError, ValueError) as problem:
        raise _Unusable(f"--cert {chain} --key {key}: {problem}; they are files in PEM, which belong together") from None
    return lambda: tls.Tls(context)


def _inherited(number: str) -> socket.socket:
    """A socket that whoever started this process has opened for it: where it runs there may be no network."""
    try:
        listening = socket.socket(fileno=int(number))
        listening.set_inheritable(False)  # what this process starts must not have it
        if listening.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) and listening.family == socket.AF_INET:
            return listening
    except (OSError, ValueError) as problem:
        raise _Unusable(f"--listen fd:{number}: {problem}") from None
    raise _Unusable(f"--listen fd:{number} is no socket that listens to an IPv4 address")


def _address(where: str, exposed: bool) -> tuple[str, int]:
    """`exposed`: whether others may reach it."""
    host, _, port = where.rpartition(":")
    address = host.strip("[]")
    try:
        loopback = ipaddress.ip_address(address).is_loopback
        number = int(port)
    except ValueError:
        raise _Unusable(f"'{where}' is no ADDRESS:PORT; 127.0.0.1:0 takes a free port") from None
    if not 0 <= number <= 65_535:
        raise _Unusable(f"port {number} is not between 0 and 65535")
    if not loopback and not exposed:
        raise _Unusable(
            f"{address} can be reached from elsewhere, and what is said would be readable, the token too; use 127.0.0.1, or "
            "give --cert and --key, or say --unsafe-without-tls where only you can listen in between"
        )
    return address, number


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
