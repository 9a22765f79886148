"""Runs a command on a pseudo-terminal and types into it; tells as JSON what came, and when.

Standard input is a JSON object:
  command    the program and its arguments
  directory  where it runs
  started    path of a fifo to be made, in which the command says how far it is
  script     what is typed, in order: {"after": {"source": "started"|"stdout"|"terminal", "text": T}, "type": S, "pauseMs": N};
             S is typed N milliseconds after T has come from that source. Without "after": N after the step before it
  limitS     the whole run is given up after that many seconds
  splitOut   whether standard output is a pipe of its own, as in `command | reader`; otherwise it is the terminal, too
  deaf       whether nobody reads the terminal and standard output before the command has ended

Standard output is a JSON object: status (an exit status, or minus a signal), gaveUp, terminal, stdout, typedAt (seconds since the
start, one for each step that was taken), lines ([seconds, line of standard output]), endedAt.
"""

from __future__ import annotations

import json
import os
import pty
import selectors
import signal
import sys
import time


class Run:
    def __init__(self, order: dict) -> None:
        self.order = order
        self.script = list(order["script"])
        self.seen = {"started": b"", "stdout": b"", "terminal": b""}
        self.typed_at: list[float] = []
        self.lines: list[tuple[float, str]] = []
        self.due: float | None = None  # when the next step is to be typed, once what it waits for has come
        self.start = time.monotonic()
        self.ended_at: float | None = None
        self.gave_up = False

    def launch(self) -> None:
        os.mkfifo(self.order["started"])
        out_read, out_write = os.pipe()
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            if self.order["splitOut"]:
                os.dup2(out_write, 1)
            os.close(out_read)
            os.close(out_write)
            os.chdir(self.order["directory"])
            # A shell's background jobs ignore it, and so does a JVM that is started so: Ctrl-C would end nothing.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            command = self.order["command"]
            os.execv(command[0], command)
        os.close(out_write)
        self.sources = {self.terminal: "terminal", out_read: "stdout"}
        started = os.open(self.order["started"], os.O_RDONLY | os.O_NONBLOCK)
        self.sources[started] = "started"
        self.end = os.pidfd_open(self.pid)

    def now(self) -> float:
        return time.monotonic() - self.start

    def follow(self) -> None:
        selector = selectors.DefaultSelector()
        selector.register(self.end, selectors.EVENT_READ)
        for descriptor, source in self.sources.items():
            if source == "started" or not self.order["deaf"]:
                selector.register(descriptor, selectors.EVENT_READ)
        self.ready_for_next()
        # Both are at their end when all that the command started with them is gone, too.
        while self.ended_at is None or self.terminal in self.sources or "stdout" in self.sources.values():
            left = self.order["limitS"] - self.now()
            if left <= 0:
                self.gave_up = True
                os.kill(self.pid, signal.SIGKILL)
                return
            wait = left if self.due is None else max(0.0, min(left, self.due - self.now()))
            for key, _ in selector.select(wait):
                if key.fd == self.end:
                    self.ended_at = self.now()
                    selector.unregister(self.end)
                    if self.order["deaf"]:
                        return
                elif not self.take(key.fd):
                    selector.unregister(key.fd)
                    del self.sources[key.fd]
            if self.due is not None and self.now() >= self.due:
                self.type()

    def take(self, descriptor: int) -> bool:
        source = self.sources[descriptor]
        try:
            data = os.read(descriptor, 65536)
        except OSError:  # EIO: nobody has the terminal open any more
            data = b""
        if not data:
            return False
        self.seen[source] += data
        if source == "stdout":
            done = len(self.lines)
            complete = self.seen["stdout"].split(b"\n")[:-1]
            self.lines += [(self.now(), line.decode()) for line in complete[done:]]
        self.ready_for_next()
        return True

    def ready_for_next(self) -> None:
        if self.due is not None or not self.script:
            return
        step = self.script[0]
        after = step.get("after")
        if after is None or after["text"].encode() in self.seen[after["source"]]:
            self.due = self.now() + step.get("pauseMs", 0) / 1000

    def type(self) -> None:
        step = self.script.pop(0)
        self.due = None
        self.typed_at.append(self.now())
        try:
            os.write(self.terminal, step["type"].encode())
        except OSError:
            pass  # it has ended before
        self.ready_for_next()

    def result(self) -> dict:
        _, status = os.waitpid(self.pid, 0)
        return {
            "status": os.WEXITSTATUS(status) if os.WIFEXITED(status) else -os.WTERMSIG(status),
            "gaveUp": self.gave_up,
            "terminal": self.seen["terminal"].decode(errors="replace"),
            "stdout": self.seen["stdout"].decode(errors="replace"),
            "typedAt": self.typed_at,
            "lines": self.lines,
            "endedAt": self.ended_at or self.now(),
        }


def main() -> None:
    run = Run(json.load(sys.stdin))
    run.launch()
    run.follow()
    json.dump(run.result(), sys.stdout)


main()
