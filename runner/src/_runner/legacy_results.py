"""A cell in the deprecated dialect: what may be asked of it, and what its end is told as. Sans-I/O."""

from __future__ import annotations

import json
import math
from typing import Any, Callable, Optional, Sequence

from . import legacy, limits
from .frames import Bytes
from .legacy_values import flatten
from .reprs import shorten
from .session import STDERR, STDOUT, Totals
from .tool_errors import MODULE as OWN_ERRORS

Outcome = tuple[str, Any]  # "result" or "error", and what stands under it
_FULL = {"preserved": True, "source": "live_kernel", "scope": "full_live"}
# Ours, in the dialect's words where it has some: source and scope.
_SOURCES = {
    "checkpoint": ("fork_checkpoint", "full_checkpoint"),
    "snapshot": ("pickle_snapshot", "pickleable_globals"),
    "fresh": ("fresh_kernel", "filesystem_only"),
}


class Kept:
    """One stream of a cell: all of it, or head and tail with a line between them that says how much is missing."""

    def __init__(self) -> None:
        self.totals = Totals()
        self._bytes = bytearray()

    def add(self, data: bytes) -> None:
        self.totals.add(data)
        self._bytes += data
        if len(self._bytes) > 2 * limits.LEGACY_OUTPUT:  # not at each byte more: what is behind it moves
            middle = limits.LEGACY_OUTPUT // 2
            del self._bytes[middle:-middle]

    def text(self, limit: int) -> str:
        """At most so many bytes of it, `LEGACY_OUTPUT` or fewer."""
        if self.totals.bytes <= limit:
            return self._bytes.decode("utf-8", "replace")
        half = limit // 2
        head, tail = self._bytes[:half].decode("utf-8", "replace"), self._bytes[-half:].decode("utf-8", "replace")
        return f"{head}\n... {self.totals.bytes - 2 * half} bytes left out ...\n{tail}"


class Execution:
    """One `execute`, from its request to its response. Confined to the supervisor's loop."""

    def __init__(self, params: dict[str, Any]) -> None:
        """Raises ValueError."""
        code, defer = params.get("code"), params.get("defer_final_output")
        if not isinstance(code, str):
            raise ValueError(f"code must be a text, not {_shown(code)}")
        if defer is not None and not isinstance(defer, bool):
            raise ValueError(f"defer_final_output must be a boolean, not {_shown(defer)}")
        self.code = code.encode("utf-8", "surrogatepass")  # what is no text is the cell's error, not ours
        self.cell = 0
        self.tool_calls = 0
        self._submits = "submitted" if defer else "final"
        self._seconds = _number(params, "execution_timeout_seconds", "positive")
        grace = _number(params, "execution_timeout_interrupt_grace_seconds", "non-negative")
        self.grace_ms = limits.LEGACY_GRACE_MS if grace is None else math.ceil(grace * 1000)
        self._streams = {STDOUT: Kept(), STDERR: Kept()}
        self._report: dict[str, Any] = {}
        self._attachments: Sequence[Bytes] = ()

    def params(self) -> dict[str, Any]:
        """Those of our `execute`."""
        found: dict[str, Any] = {"graceMs": self.grace_ms}
        if self._seconds is not None:
            found["timeoutMs"] = max(1, math.ceil(self._seconds * 1000))
        return found

    def output(self, stream: int, data: bytes) -> None:
        self._streams[stream].add(data)

    def report(self, params: dict[str, Any], attachments: Sequence[Bytes]) -> None:
        self._report, self._attachments = params, attachments

    # --- its end ---

    def response(self, id: Any, terminal: dict[str, Any], virtual: Callable[[str], str]) -> tuple[str, bytes]:
        """What kind of end it was, and the line that tells it."""
        for limit in (limits.LEGACY_OUTPUT, limits.LEGACY_OUTPUT_ESCAPED):
            kind, value = self._outcome(terminal, limit, virtual)
            line = legacy.error(id, value) if kind == "error" else legacy.result(id, value)
            if len(line) <= limits.LEGACY_LINE:
                return kind, line
        why = f"the cell's {kind} takes {len(line)} bytes, more than a line may have ({limits.LEGACY_LINE})"
        return "error", legacy.error(id, legacy.failure("RuntimeError", why))

    def _outcome(self, terminal: dict[str, Any], limit: int, virtual: Callable[[str], str]) -> Outcome:
        out, err = (self._streams[stream].text(limit) for stream in (STDOUT, STDERR))
        lost = self._lost(terminal)
        if lost is not None:
            return "error", legacy.failure("RuntimeError", lost, out + err)
        outcome = terminal["outcome"]
        if "submitted" in self._report and outcome in ("submitted", "timed_out", "interrupted"):
            return self._submits, {self._submits: flatten(self._report["submitted"], self._attachments, virtual)}
        if outcome == "completed":
            return "output", {"output": out + err}
        if outcome in ("timed_out", "interrupted"):
            timeout: dict[str, Any] = {"seconds": self._seconds}
            if outcome == "interrupted":
                timeout["interrupted"] = True
            return "timeout", {"timeout": timeout, "stdout": out, "stderr": err, "state": _state(terminal["state"])}
        if outcome == "raised":
            return "error", self._raised(out + err)
        return "error", legacy.failure("RuntimeError", _no_end(terminal), out + err, state=_state(terminal["state"]))

    def _lost(self, terminal: dict[str, Any]) -> Optional[str]:
        """LIF-4: what is missing of what the cell said, if anything is."""
        got = {
            "stdout": self._streams[STDOUT].totals.to_json(),
            "stderr": self._streams[STDERR].totals.to_json(),
            "toolCalls": self.tool_calls,
        }
        totals = terminal["totals"]
        wrong = [f"{name} {got[name]}, not {totals[name]}" for name in got if got[name] != totals[name]]
        return f"output_integrity: of the cell arrived {'; '.join(wrong)}" if wrong else None

    def _raised(self, output: str) -> dict[str, Any]:
        """A guest wrote it."""
        error = self._report.get("error")
        told = error if isinstance(error, dict) else {}
        # Whoever catches by the dialect knows no `ToolError`, which is a RuntimeError.
        kind = "RuntimeError" if told.get("module") == OWN_ERRORS else str(told.get("type", "Exception"))
        traceback = str(told.get("traceback", ""))
        return legacy.failure(kind.rpartition(".")[2], str(told.get("message", "")), output, traceback=traceback)


def _state(report: dict[str, Any]) -> dict[str, Any]:
    if report["source"] == "live":
        return dict(_FULL)
    source, scope = _SOURCES[report["source"]]
    return {
        "preserved": report["preserved"],
        "source": source,
        "scope": scope,
        "reason": report.get("reason", ""),
        "restored_globals": report["restored"],
        "lost_globals": report["lost"],
    }


def _no_end(terminal: dict[str, Any]) -> str:
    """A cell that ended without a word of its own."""
    cause, state = terminal.get("cause") or {}, _state(terminal["state"])
    if terminal["outcome"] != "crashed":
        return f"the cell has no result ({terminal['outcome']}): {cause.get('detail') or state.get('reason')}"
    signal = -cause.get("number", 0)
    told = {"exit": cause.get("code"), "signal": signal, "out_of_memory": signal}.get(cause.get("kind"), "unknown")
    detail = f"; {cause['detail']}" if cause.get("detail") else ""
    lost = ", ".join(state["lost_globals"]) or "none"
    said = f"execution runner exited without a result (exitcode={told}{detail})"
    return shorten(f"{said}; state from {state['source']}, names lost: {lost}", limits.ERROR_MESSAGE)


def _number(params: dict[str, Any], name: str, wanted: str) -> Optional[float]:
    value = params.get(name)
    if value is None:
        return None
    most = limits.LEGACY_SECONDS_MAX
    fits = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= most
    if not fits or (value == 0 and wanted == "positive"):
        raise ValueError(f"{name} must be a {wanted} number of seconds, at most {most}, not {_shown(value)}")
    return value


def _shown(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= limits.GARBAGE_SHOWN else text[: limits.GARBAGE_SHOWN] + "..."
