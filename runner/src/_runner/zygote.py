"""The zygote: a process with site-packages and the kernel's modules loaded, from which kernels are forked.

Started by exec before the supervisor reads anything, so that no kernel inherits a secret, a frame or a descriptor of it.
"""

from __future__ import annotations

import array
import fcntl
import json
import os
import signal
import socket
import sys
from typing import Any, Sequence

from . import limits, linux

_FDS = array.array("i", [0] * 4)


class Zygote:
    """The supervisor's end: asks for kernels. Confined to the supervisor's loop."""

    def __init__(self, home: str) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            supervisor = os.getpid()
            self.pid = os.fork()
            if self.pid == 0:
                _exec(home, theirs, supervisor)

    def fork(self, config: dict[str, Any], descriptors: Sequence[int]) -> None:
        """Ask for a kernel with these descriptors: main socket, door, standard output, standard error."""
        socket.send_fds(self._socket, [json.dumps(config).encode("ascii")], descriptors)

    def close(self) -> None:
        self._socket.close()


def _exec(home: str, channel: socket.socket, supervisor: int) -> None:
    try:
        linux.die_with_parent(supervisor)
        signal.set_wakeup_fd(-1)
        fd = fcntl.fcntl(channel.fileno(), fcntl.F_DUPFD, limits.PRIVATE_FD_MIN)
        flags = ["-I"] + (["-B"] if sys.flags.dont_write_bytecode else [])
        os.execv(sys.executable, [sys.executable, *flags, home, "zygote", str(fd)])
    except BaseException as error:  # noqa: B902 - a forked copy of the supervisor must not go on
        os.write(2, f"pyvisor: the zygote could not be started: {error}\n".encode("utf-8", "replace"))
    finally:
        os._exit(71)


def main(fd: int) -> int:
    """Fork a kernel for each request until the supervisor closes the socket."""
    supervisor = os.getppid()
    linux.die_with_parent(supervisor)
    from . import kernel  # loaded here, once: a kernel is then ready within a millisecond

    requests = socket.socket(fileno=fd)
    requests.set_inheritable(False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        data, descriptors, _, _ = socket.recv_fds(requests, limits.BIRTH_DATAGRAM, len(_FDS))
        if not data:
            return 0
        _give_birth(kernel, requests, supervisor, json.loads(data), descriptors)
        for descriptor in descriptors:
            os.close(descriptor)


def _give_birth(kernel: Any, requests: socket.socket, supervisor: int, config: dict[str, Any], descriptors: Any) -> None:
    """Fork twice: the kernel's parent ends at once, so that the supervisor, who adopts orphans, becomes its parent."""
    released, release = os.pipe()
    middle = os.fork()
    if middle == 0:
        try:
            if os.fork() == 0:
                _become_kernel(kernel, supervisor, config, descriptors, released, release)
        finally:
            os._exit(0)
    os.waitpid(middle, 0)
    os.close(released)
    os.close(release)  # from here on the kernel is the supervisor's child, and may arm its parent-death signal


def _become_kernel(
    kernel: Any, supervisor: int, config: dict[str, Any], descriptors: Any, released: int, release: int
) -> None:
    try:
        os.close(release)
        os.read(released, 1)
        linux.die_with_parent(supervisor)
        _prefer_for_oom()
        main_fd, door_fd, out, err = descriptors
        os.dup2(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC), 0)
        os.dup2(out, 1)
        os.dup2(err, 2)
        main_fd, door_fd = (fcntl.fcntl(n, fcntl.F_DUPFD_CLOEXEC, limits.PRIVATE_FD_MIN) for n in (main_fd, door_fd))
        _close_all_but({0, 1, 2, main_fd, door_fd})
        kernel.run(socket.socket(fileno=main_fd), socket.socket(fileno=door_fd), config)
    finally:
        os._exit(70)


def _prefer_for_oom() -> None:
    try:
        with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
            file.write(str(limits.KERNEL_OOM_SCORE))
    except OSError:
        pass  # a container may forbid it; then all processes are equal


def _close_all_but(kept: set[int]) -> None:
    for name in os.listdir("/proc/self/fd"):
        if int(name) not in kept:
            try:
                os.close(int(name))
            except OSError:
                pass  # the listing's own descriptor
