"""The other side of the broken forms: it talks over its standard streams and blocks as small programs do.

argv: mode, count, size of a message, bytes that each pipe holds. A frame is four bytes of length
and as many bytes. The peer is right about everything: it checks what it gets, and says "good" at
the end. Whether the conversation ends is up to the host.
"""

import fcntl
import os
import stat
import sys

F_SETPIPE_SZ = 1031  # in the fcntl module from Python 3.10 on only
WARNING = b"warning: deprecated\n" * 400

mode, (count, size, pipe) = sys.argv[1], map(int, sys.argv[2:])
read, write, flush = sys.stdin.buffer.read, sys.stdout.buffer.write, sys.stdout.buffer.flush


def send(body):
    write(len(body).to_bytes(4, "big") + body)
    flush()


def receive():
    return read(int.from_bytes(read(4), "big"))


def body(number):
    return bytes([97 + number % 26]) * size


def check(number, answer):
    if answer != body(number):
        sys.exit("message %d came back wrong: %d bytes" % (number, len(answer)))


def calls_at_once():
    """Sends all its requests, then reads the answers, as concurrent tool calls of one program do."""
    for number in range(count):
        send(body(number))
    for number in range(count):
        check(number, receive())
    send(b"good")


def lines():
    """For each line: a large line and a short one, in one write."""
    for number in range(count):
        sys.stdin.buffer.readline()
        write(body(number) + b"\ndone\n")
        flush()
    sys.stdin.buffer.readline()
    write(b"good\n")
    flush()


def pairs():
    """For each line: two short lines in two writes, one after the other."""
    while sys.stdin.buffer.readline():
        os.write(1, b"first\n")
        os.write(1, b"second\n")


def warnings():
    """Answers each request, and has something to say on stderr before it does."""
    for number in range(count):
        request = receive()
        os.write(2, WARNING)
        check(number, request)
        send(request)
    send(b"good")


def speaks_first():
    """Sends a message of its own accord before it reads the next one."""
    for number in range(count):
        send(body(number))
        check(number, receive())
    send(b"good")


for descriptor in (0, 1, 2):
    if stat.S_ISFIFO(os.fstat(descriptor).st_mode):
        fcntl.fcntl(descriptor, F_SETPIPE_SZ, pipe)
# A pipe that holds more than its new size cannot be shrunk, so the host waits for this byte.
os.write(1, b"r")
{f.__name__: f for f in (calls_at_once, lines, pairs, warnings, speaks_first)}[mode]()
