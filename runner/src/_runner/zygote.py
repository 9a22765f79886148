"""The zygote: a process with site-packages and the kernel's modules loaded, from which kernels are forked.

Its request is a datagram with the kernel's config and five descriptors; its answer says the kernel's number, or why
there is none.
"""

from __future__ import annotations

import array
import gc
import importlib
import json
import os
import signal
import socket
import sys
from typing import Any, NoReturn, Optional, Sequence

from . import allowance, confine, kernel, limits, linux
from .aside import CAN_START_SISTERS, start_sister
from .page import mapped

_DESCRIPTORS = 5  # and one more for a snapshot


def main(fd: int) -> int:
    """Fork a kernel for each request until the supervisor closes the socket."""
    supervisor = os.getppid()
    linux.die_with_parent(supervisor)
    os.setsid()  # a signal to somebody's group must not reach this one
    requests = socket.socket(fileno=fd)
    requests.set_inheritable(False)
    _forget_the_hosts_signals()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    obstacle = _confine()
    if obstacle is None:
        _preload()
    while True:
        data, descriptors, _, _ = socket.recv_fds(requests, limits.BIRTH_DATAGRAM, _DESCRIPTORS + 1)
        if not data:
            return 0
        if obstacle is None:
            _answer(requests, supervisor, json.loads(data), descriptors)
        else:
            _refuse(requests, json.loads(data), descriptors, obstacle)


def _confine() -> Optional[str]:
    """Kernels inherit the filter, and modules that are preloaded have it too. Returns why there can be none."""
    if confine.is_asked():
        linux.hide_memory()  # this process is in no group that limits the code, so no code may come to run in it
        try:
            confine.install()
        except OSError as problem:
            return str(problem)
    return None


def _refuse(requests: socket.socket, config: dict[str, Any], descriptors: Sequence[int], why: str) -> None:
    """User code that was to be confined does not run otherwise."""
    requests.send(json.dumps({"birth": config["birth"], "error": why}).encode("ascii"))
    for fd in descriptors:
        os.close(fd)


def _forget_the_hosts_signals() -> None:
    """What the host ignores, for example in the background of a shell, or blocks, as a JVM does with SIGQUIT, is no
    business of user code.
    """
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    for number in signal.valid_signals() - {signal.SIGPIPE, signal.SIGXFSZ}:  # which Python itself ignores
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


def _preload() -> None:
    """Import what every kernel is to have from the start; what cannot be imported is said and left out."""
    for name in filter(None, map(str.strip, os.environ.get(limits.PRELOAD_VARIABLE, "").split(","))):
        try:
            importlib.import_module(name)
        except BaseException as problem:  # noqa: B902 - a module may raise anything, SystemExit too
            print(f"pyvisor: preload: cannot import {name!r}: {problem!r}", file=sys.stderr, flush=True)
    threads = os.listdir("/proc/self/task")
    if len(threads) > 1:
        print(
            f"pyvisor: preload: {len(threads) - 1} threads were started; a kernel will not have them, nor what they hold",
            file=sys.stderr,
            flush=True,
        )
    gc.collect()
    gc.freeze()  # a collection in a kernel would copy every page that it looks at


def _answer(requests: socket.socket, supervisor: int, config: dict[str, Any], descriptors: Sequence[int]) -> None:
    release, released = -1, -1
    answer: dict[str, Any] = {"birth": config["birth"]}
    try:
        if len(descriptors) < _DESCRIPTORS:
            raise OSError(f"{len(descriptors)} of {_DESCRIPTORS} descriptors arrived; too many files are open")
        released, release = os.pipe()
        answer["pid"] = _fork(supervisor, config, descriptors, released, release)
    except OSError as problem:
        answer["error"] = str(problem)
    requests.send(json.dumps(answer).encode("ascii"))
    # Released only now: the supervisor can know the kernel's number before the kernel says or does anything.
    if "pid" in answer:
        os.write(release, b"1")
    for fd in (released, release, *descriptors):
        if fd >= 0:
            os.close(fd)


def _fork(
    supervisor: int, config: dict[str, Any], descriptors: Sequence[int], released: int, release: int
) -> int:
    """Fork a kernel that is a child of the supervisor; returns its number."""
    if CAN_START_SISTERS and len(os.listdir("/proc/self/task")) == 1:
        return start_sister(lambda: _become_kernel(supervisor, config, descriptors, released, release))
    return _fork_twice(supervisor, config, descriptors, released, release)


def _fork_twice(
    supervisor: int, config: dict[str, Any], descriptors: Sequence[int], released: int, release: int
) -> int:
    """Fork a kernel whose parent ends at once, so that the supervisor, who adopts orphans, becomes its parent."""
    report, tell = os.pipe()
    middle = os.fork()
    if middle == 0:
        try:
            _tell(tell, _fork_kernel(supervisor, config, descriptors, released, release))
        finally:
            os._exit(0)
    os.close(tell)
    found = array.array("q")
    with open(report, "rb") as file:
        found.frombytes(file.read(found.itemsize))
    os.waitpid(middle, 0)
    pid = found[0] if found else 0
    if pid <= 0:
        raise OSError(-pid, f"fork: {os.strerror(-pid)}" if pid else "fork: the process between ended")
    return pid


def _fork_kernel(
    supervisor: int, config: dict[str, Any], descriptors: Sequence[int], released: int, release: int
) -> int:
    try:
        pid = os.fork()
    except OSError as problem:
        return -(problem.errno or 1)
    if pid == 0:
        _become_kernel(supervisor, config, descriptors, released, release)
    return pid


def _tell(fd: int, number: int) -> None:
    os.write(fd, array.array("q", [number]).tobytes())


def _become_kernel(
    supervisor: int, config: dict[str, Any], descriptors: Sequence[int], released: int, release: int
) -> NoReturn:
    try:
        linux.show_memory()
        os.close(release)
        if not os.read(released, 1):  # the zygote ended before it told of this kernel: another is asked for
            os._exit(70)
        linux.die_with_parent(supervisor)
        os.setsid()
        linux.prefer_for_oom(limits.KERNEL_OOM_SCORE)
        main, door, out, err, shared = descriptors[:_DESCRIPTORS]
        _hold(config, err)
        config["snapshot"] = _contents(descriptors[_DESCRIPTORS:])
        page = mapped(shared)
        os.dup2(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC), 0)
        os.dup2(out, 1)
        os.dup2(err, 2)
        main, door = linux.above(limits.PRIVATE_FD_MIN, main, door)
        _close_all_but({0, 1, 2, main, door})
        kernel.run(socket.socket(fileno=main), socket.socket(fileno=door), config, page)
    finally:
        os._exit(70)


def _hold(config: dict[str, Any], err: int) -> None:
    """A kernel that cannot be held to its limits never runs user code; whoever waits for it is told why."""
    try:
        allowance.enter(config["allowance"])
    except OSError as problem:
        os.write(err, f"the limits cannot be held to: {problem}".encode("utf-8", "backslashreplace"))
        os._exit(70)


def _contents(files: Sequence[int]) -> Optional[bytes]:
    """What the snapshot holds, where there is one."""
    for fd in files:
        with open(fd, "rb", closefd=False) as file:
            file.seek(0)
            return file.read()
    return None


def _close_all_but(kept: set[int]) -> None:
    for name in os.listdir("/proc/self/fd"):
        if int(name) not in kept:
            try:
                os.close(int(name))
            except OSError:
                pass  # the listing's own descriptor
