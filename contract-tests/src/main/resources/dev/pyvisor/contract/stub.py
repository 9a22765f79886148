"""What the stub runners of the tests share: frames by hand, without a line of the real runner."""
import fcntl, json, os, struct, sys, zlib

HEADER = struct.Struct(">IBBHIIII")
HELLO, MESSAGE, RELAY, STDOUT, STDERR, CREDIT, PING, PONG = range(1, 9)
FIRST, LAST = 1, 2
BODY = 65536 - 24
F_SETPIPE_SZ = 1031
_number = 0


def write(data):
    view = memoryview(data)
    while view:
        view = view[os.write(1, view):]


def hang_up():
    """Ends the output while the process lives: that of a pipe by closing it, that of a socket by saying so."""
    import socket
    other = os.dup(1)
    try:
        socket.socket(fileno=other).shutdown(socket.SHUT_WR)
    except OSError:
        os.close(other)
    os.close(1)


def frame(kind, body=b"", flags=0, session=0, generation=0, cell=0, message=0, channel=0):
    return HEADER.pack(20 + len(body), kind, flags, channel, session, generation, cell, message) + body


def message(kind, envelope, session=0, generation=0, cell=0):
    """All frames of a message without attachments."""
    global _number
    _number += 1
    data = json.dumps(envelope).encode()
    data = struct.pack(">IH", len(data), 0) + data
    cuts = [data[at:at + BODY] for at in range(0, len(data), BODY)]
    return b"".join(
        frame(kind, cut, (FIRST if at == 0 else 0) | (LAST if at == len(cuts) - 1 else 0),
              session, generation, cell, _number)
        for at, cut in enumerate(cuts))


def hello():
    body = {"magic": "pyvisor", "protocol": 1, "runner": "stub", "incarnation": "stub", "pid": os.getpid(),
            "python": "%d.%d.%d" % sys.version_info[:3], "implementation": "cpython"}
    return frame(HELLO, json.dumps(body).encode())


def read_exactly(count):
    data = bytearray()
    while len(data) < count:
        piece = os.read(0, count - len(data))
        if not piece:
            sys.exit(0)
        data += piece
    return bytes(data)


def frames():
    while True:
        length, kind, flags, channel, session, generation, cell, number = HEADER.unpack(read_exactly(24))
        yield kind, flags, session, cell, number, read_exactly(length - 20)


def requests():
    """Each whole message as (kind, envelope, session, cell); gives credit back and answers pings."""
    parts = {}
    for kind, flags, session, cell, number, body in frames():
        if kind == PING:
            write(frame(PONG, body))
        if kind not in (MESSAGE, RELAY):
            continue
        if session:
            write(frame(CREDIT, struct.pack(">BI", 3, len(body)), session=session))
        parts.setdefault((session, number), []).append(body)
        if flags & LAST:
            data = b"".join(parts.pop((session, number)))
            size, count = struct.unpack_from(">IH", data)
            start = 6 + 4 * count
            yield kind, json.loads(data[start:start + size]), session, cell


def reply(envelope, result, session=0, generation=0, cell=0):
    return message(MESSAGE, {"jsonrpc": "2.0", "id": envelope["id"], "result": result}, session, generation, cell)


def terminal(envelope, cell, tool_calls=0, out=b""):
    total = lambda data: {"bytes": len(data), "crc32": zlib.crc32(data)}
    return reply(envelope, {
        "outcome": "completed", "generation": 1,
        "state": {"preserved": True, "source": "live", "restored": [], "lost": []},
        "totals": {"stdout": total(out), "stderr": total(b""), "toolCalls": tool_calls}}, 1, 1, cell)


def refused(envelope, code, text):
    return message(MESSAGE, {"jsonrpc": "2.0", "id": envelope["id"], "error": {"code": code, "message": text}})


def opened(envelope, session=1):
    return reply(envelope, {"session": session, "generation": 1, "workspace": "/"})


def start():
    """HELLO, the first session and its tools; returns what comes after."""
    write(hello())
    rest = requests()
    for kind, envelope, session, cell in rest:
        if envelope["method"] == "session.open":
            write(opened(envelope))
            return rest
        raise SystemExit("unexpected " + envelope["method"])
