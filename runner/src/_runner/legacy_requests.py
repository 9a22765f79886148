"""The deprecated dialect's requests: one after another, each with one response. Sans-I/O."""

from __future__ import annotations

import hashlib
from collections import deque
from typing import Any, Callable, Optional

from . import legacy, limits
from .errors import ErrorCode, RpcError

Note = Callable[..., None]
Method = Callable[[dict[str, Any]], Any]  # the result from the params, or LATER


class Later:
    """What a method returns whose response will follow."""


LATER = Later()


class Requests:
    """Confined to the supervisor's loop.

    The dialect has no pipelining: what comes while a request is open waits its turn, up to a bound.
    """

    def __init__(self, methods: dict[str, Method], note: Note, clock: Callable[[], float]) -> None:
        self._methods, self._note, self._clock = methods, note, clock
        self._waiting: deque[legacy.Request] = deque()
        self._open: Optional[legacy.Request] = None
        self._begun = 0.0
        self._lines: list[bytes] = []
        self._over = False

    @property
    def id(self) -> Any:
        """Of the request that is open."""
        assert self._open is not None
        return self._open.id

    def put(self, request: legacy.Request) -> None:
        size = sum(waiting.size for waiting in self._waiting)
        too_many = len(self._waiting) >= limits.LEGACY_REQUESTS or size + request.size > limits.LEGACY_LINE
        if self._waiting and too_many:
            why = f"{len(self._waiting)} requests of {size} bytes wait already; send one after the response to the other"
            self.say(legacy.error(request.id, legacy.failure("ValueError", why)))
            return
        self._waiting.append(request)
        self._next()

    def say(self, line: bytes) -> None:
        self._lines.append(line)

    def lines(self) -> list[bytes]:
        """What is to go to the host now."""
        lines, self._lines = self._lines, []
        return lines

    def end(self) -> None:
        """The one that is open is the last."""
        self._over = True

    # --- the end of the one that is open ---

    def respond(self, value: Any) -> None:
        self.conclude("result", legacy.result(self.id, value))

    def refuse(self, problem: Exception) -> None:
        self._settle("error", legacy.error(self.id, _error(problem)))
        self._next()

    def conclude(self, kind: str, line: bytes) -> None:
        self._settle(kind, line)
        self._next()

    def attempt(self, action: Callable[[], None]) -> None:
        """Go on with the one that is open, which was asked for earlier and can only now be done."""
        try:
            action()
        except (ValueError, RpcError) as refused:
            self.refuse(refused)

    # --- in turn ---

    def _next(self) -> None:
        while self._waiting and self._open is None and not self._over:
            request = self._open = self._waiting.popleft()
            self._begun = self._clock()
            self._note("request", id=request.id, method=request.method, **_facts(request))
            try:
                value = self._call(request)
            except (ValueError, RpcError) as refused:
                self._settle("error", legacy.error(request.id, _error(refused)))
            else:
                if value is not LATER:
                    self._settle("result", legacy.result(request.id, value))

    def _call(self, request: legacy.Request) -> Any:
        method = self._methods.get(request.method) if isinstance(request.method, str) else None
        if method is None:
            raise ValueError(f"Unknown method: {request.method}")
        if not isinstance(request.params, dict):
            raise ValueError(f"{request.method}: params must be an object, not {type(request.params).__name__}")
        return method(request.params)

    def _settle(self, kind: str, line: bytes) -> None:
        request, self._open = self._open, None
        assert request is not None
        took = round((self._clock() - self._begun) * 1000, 3)
        self._note("response", id=request.id, method=request.method, kind=kind, duration_ms=took)
        self.say(line)


def _error(problem: Exception) -> dict[str, Any]:
    kind = type(problem).__name__
    if isinstance(problem, RpcError):
        kind = "ValueError" if problem.code is ErrorCode.INVALID_ARGUMENT else "RuntimeError"
    return legacy.failure(kind, str(problem))


def _facts(request: legacy.Request) -> dict[str, Any]:
    """Of a cell its length and hash, never the code."""
    code = request.params.get("code") if isinstance(request.params, dict) else None
    if not isinstance(code, str):
        return {}
    data = code.encode("utf-8", "surrogatepass")
    return {"code_length": len(data), "code_hash": hashlib.sha256(data).hexdigest()[:16]}
