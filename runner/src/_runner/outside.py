"""What a sandbox without a network cannot have by itself: a listening socket and a token, opened outside and inherited.

This process then becomes the program that makes the sandbox. Nothing here outlives that: what it opens is handed to the
supervisor alone, who keeps it from all that it starts.
"""

from __future__ import annotations

import os
import socket
import sys
from typing import Sequence

from . import limits, linux

_EXIT_USAGE = 64
TOKEN, LISTENING = 3, 4  # in a row behind the standard streams, as programs want them that hand descriptors on


def main(arguments: Sequence[str]) -> int:
    """Become the command, with both open under their numbers."""
    token_file, command = arguments[0], list(arguments[1:])
    try:
        token = os.open(token_file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listening.bind(("127.0.0.1", 0))
        listening.listen(limits.CONNECTIONS)
        for number, fd in zip((TOKEN, LISTENING), linux.above(limits.PRIVATE_FD_MIN, token, listening.detach())):
            os.dup2(fd, number)
        os.execv(command[0], command)
    except OSError as problem:
        print(f"pyvisor: the sandbox cannot be begun: {problem}", file=sys.stderr)
    return _EXIT_USAGE
