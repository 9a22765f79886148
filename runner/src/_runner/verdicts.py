"""What a process is doing, in one line: from what the system says of it and its Python stacks.

All of it is text that the guest may have written or chosen, so it is bounded and escaped here.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple, Optional

from . import limits

# What faulthandler writes. No patterns: the guest writes such text too, and could make them slow.
_CURRENT = "Current thread 0x"
_THREADS = (_CURRENT, "Thread 0x", "Stack ")
_FIRST = "(most recent call first):"
_FILE = '  File "'
_ANSWER = "_runner/evidence.py"  # the frame that wrote them
_UNPRINTABLE = re.compile(r"[^\x20-\x7e\n]")


class Facts(NamedTuple):
    """What the system says of a process. Empty texts: it does not say."""

    process: str  # one letter: R, S, D, T, t, Z, X; empty: there is no such process
    threads: int
    wchan: str  # where in the system its main thread waits
    syscall: str  # in which call its main thread waits, with the descriptor where it has one
    cpu_ticks: tuple[int, int]  # of all threads, at two moments

    def fields(self) -> dict[str, Any]:
        return {
            "process": self.process,
            "threads": self.threads,
            "wchan": self.wchan,
            "syscall": self.syscall,
            "cpuTicks": list(self.cpu_ticks),
        }

    @property
    def works(self) -> bool:
        return self.cpu_ticks[1] > self.cpu_ticks[0]


class Frame(NamedTuple):
    file: str
    line: str
    function: str

    def is_in(self, file: str) -> bool:
        return self.file.endswith(f"/{file}")

    @property
    def is_cells(self) -> bool:
        return self.file.startswith("<cell ")

    def __str__(self) -> str:
        file = self.file if self.is_cells else "/".join(self.file.rsplit("/", 2)[-2:])
        return f"{file}, line {self.line} in {self.function}"


def printable(text: str, most: int) -> str:
    """The text's end, on printable ASCII characters and line feeds."""
    left_out = len(text) - most
    if left_out > 0:
        text = f"... {left_out} characters left out ...\n{text[left_out:]}"
    return _UNPRINTABLE.sub(lambda found: ascii(found.group())[1:-1], text)


def main_thread(stacks: str) -> list[Frame]:
    """The frames of the thread that was asked, innermost first. Other stacks before it in the same text, from dumps
    before, are passed over.
    """
    lines = stacks[-limits.STACKS_READ :].split("\n")
    threads = [number for number, line in enumerate(lines) if line.startswith(_THREADS) and line.endswith(_FIRST)]
    current = [number for number in threads if lines[number].startswith(_CURRENT)]
    if not threads:
        return []
    begin = (current or threads)[-1] + 1
    end = next((number for number in threads if number >= begin), len(lines))
    frames = [_frame(line) for line in lines[begin:end] if line.startswith(_FILE)]
    return frames[1:] if frames and frames[0].is_in(_ANSWER) else frames


def _frame(line: str) -> Frame:
    file, _, rest = line[len(_FILE) :].rpartition('", line ')
    number, _, function = rest.partition(" in ")
    return Frame(file[: limits.TYPE_NAME], number[: limits.TYPE_NAME], function[: limits.TYPE_NAME])


def verdict(facts: Facts, stacks_before: str, stacks_after: str, waiting_for_tool: bool) -> str:
    """One line: a word of the protocol's, a colon, and an explanation with the place in the code."""
    before, after = main_thread(stacks_before), main_thread(stacks_after)
    moved = bool(before) and bool(after) and before != after
    text = _ended_or_stopped(facts) or _working(facts, before, after, moved)
    if text is None:
        frames = after or before
        text = _waiting(facts, frames, waiting_for_tool)
    return printable(text, limits.VERDICT).replace("\n", "\\n")


def _place(frames: list[Frame]) -> str:
    """Where: the innermost frame that is not the runner's, and the line of the cell that it came from."""
    users = [frame for frame in frames if "/_runner/" not in frame.file]
    cells = [frame for frame in users if frame.is_cells]
    if not cells:
        return f" at {users[0]}" if users else ""
    return f" at {cells[0]}" if cells[0] == users[0] else f" at {users[0]}, from {cells[0]}"


def _ended_or_stopped(facts: Facts) -> Optional[str]:
    if not facts.process:
        return "gone: there is no such process any more"
    if facts.process in "ZX":
        return "zombie: it has ended, and its end was not taken note of"
    if facts.process == "T":
        return "stopped: a signal has stopped it, and it does nothing until SIGCONT or SIGKILL"
    if facts.process == "t":
        return "stopped: a debugger holds it"
    return None


def _working(
    facts: Facts, before: list[Frame], after: list[Frame], moved: bool
) -> Optional[str]:
    if moved and (facts.works or facts.process == "R"):
        return f"running: it works and gets on:{_place(before)}, then{_place(after)}"
    if facts.process == "R":
        if not after:
            return "running: it works; its Python stack could not be had"
        if not before:
            return f"running: it works{_place(after)}"
        return f"gil: it works and stays{_place(after)}: one call of C code, or a loop on one line"
    if facts.works and facts.threads > 1 and facts.process == "S":
        return f"running: another of its {facts.threads} threads works; the main thread waits{_place(after)}"
    if moved:
        return f"running: it waits and gets on:{_place(before)}, then{_place(after)}"
    return None


def _waiting(facts: Facts, frames: list[Frame], waiting_for_tool: bool) -> str:
    wait = f"{facts.wchan} {facts.syscall}"
    where = facts.wchan or facts.syscall or "a call of the system"
    inner = frames[0] if frames else Frame("", "", "")
    place = _place(frames)
    if facts.process == "D":
        return f"kernel-io: it waits for a device or a file system, in {where}, and dies only when that answers{place}"
    if _writes_to_host(facts, inner, wait):
        return f"output: it waits until what it wrote is read{place}"
    if _in_tool(frames) or (waiting_for_tool and (not frames or _has(wait, _DESCRIPTOR_WAITS))):
        return f"tool: it waits for the answer of a host tool{place}"
    if inner.is_in("_runner/wire.py") and not any(frame.is_cells for frame in frames):
        return "idle: it waits for the next cell"
    if "futex" in wait or (not wait.strip() and inner.file.rpartition("/")[2] in _LOCK_FILES):
        return f"lock: it waits for a lock that nobody releases{place}"
    for words, what in _WAITS:
        if _has(wait, words):
            return f"sleeping: it {what} ({where}){place}"
    return f"sleeping: it waits in {where}{place}"


def _in_tool(frames: list[Frame]) -> bool:
    stub = frames[:_STUB_FRAMES]
    return bool(stub) and stub[0].is_in("_runner/wire.py") and any(frame.function in _STUBS for frame in stub)


def _writes_to_host(facts: Facts, inner: Frame, wait: str) -> bool:
    if inner.is_in("_runner/capture.py") or (inner.is_in("_runner/wire.py") and inner.function == "send"):
        return True
    if "write" not in wait:
        return False
    return facts.syscall in _TO_OUTPUT or (not inner.file and "pipe_write" in facts.wchan)


def _has(wait: str, words: tuple[str, ...]) -> bool:
    return any(word in wait for word in words)


_STUBS = frozenset(("call_blocking", "_wait_for_turn"))  # of calls.py
_STUB_FRAMES = 8  # from the wait of a tool's stub to the call; there are four
_LOCK_FILES = frozenset(("threading.py", "queue.py", "synchronize.py", "connection.py"))
_TO_OUTPUT = frozenset(f"{call}({fd})" for call in ("write", "writev") for fd in (1, 2))
_DESCRIPTOR_WAITS = ("poll", "select", "ep_")
_WAITS = (
    (("nanosleep",), "sleeps for a time"),
    (("wait4", "waitid", "do_wait"), "waits for another process to end"),
    (("pipe_write", "write("), "waits until another process reads what it writes"),
    (("pipe_read", "read("), "waits for something to read"),
    (_DESCRIPTOR_WAITS, "waits until a descriptor is ready"),
    (("recv", "accept", "connect", "sock", "skb", "inet_csk"), "waits for the network"),
    (("flock", "fcntl", "lock_inode"), "waits for a file's lock"),
    (("sigsuspend", "sigtimedwait", "pause"), "waits for a signal"),
)
