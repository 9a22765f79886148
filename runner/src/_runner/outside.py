"""What a sandbox without a network cannot have by itself: a listening socket and a token, opened outside and inherited.

This process then becomes the program that makes the sandbox. Nothing here outlives that: what it opens is handed to the
supervisor alone, who keeps it from all that it starts.
"""

from __future__ import annotations

import os
import socket
import sys
from typing import Sequence

from . import limits

_EXIT_USAGE = 64
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
        numbers = {LISTENING: f"fd:{listening.fileno()}", TOKEN: str(token)}
        for fd in (listening.fileno(), token):
            os.set_inheritable(fd, True)
        os.execv(command[0], [numbers.get(argument, argument) for argument in command])
    except OSError as problem:
        print(f"pyvisor: the sandbox cannot be begun: {problem}", file=sys.stderr)
    return _EXIT_USAGE
