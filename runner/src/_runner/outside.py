"""What a sandbox without a network cannot have by itself: a listening socket and a token, opened outside and inherited.

This process then becomes the program that makes the sandbox. Nothing here outlives that: what it opens is handed to the
supervisor alone, who keeps it from all that it starts.
"""

from __future__ import annotations

import fcntl
import os
import socket
import sys
from typing import Sequence

from . import limits

_EXIT_USAGE = 64
_FIRST = 3
LISTENING = "{listening}"
TOKEN = "{token}"


def main(arguments: Sequence[str]) -> int:
    """Run the command with the numbers of both in the place of their names."""
    token_file, command = arguments[0], list(arguments[1:])
    try:
        token = os.open(token_file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listening.bind(("127.0.0.1", 0))
        listening.listen(limits.CONNECTIONS)
        numbers = {TOKEN: str(_FIRST), LISTENING: f"fd:{_FIRST + 1}"}
        # In a row behind the standard streams, as programs want them that hand descriptors on.
        high = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, limits.PRIVATE_FD_MIN) for fd in (token, listening.detach())]
        for number, fd in enumerate(high, _FIRST):
            os.dup2(fd, number)
        os.execv(command[0], [numbers.get(argument, argument) for argument in command])
    except OSError as problem:
        print(f"pyvisor: the sandbox cannot be begun: {problem}", file=sys.stderr)
    return _EXIT_USAGE
