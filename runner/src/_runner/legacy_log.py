"""The debug log of the deprecated dialect: a JSON object a line for requests and responses. Never code, never values."""

from __future__ import annotations

import json
import os
import time
from typing import Any, Mapping, Optional

_SWITCH, _FILE = "PREDICT_RLM_DEBUG", "PREDICT_RLM_DEBUG_LOG"
_ON = ("1", "true", "yes", "on")


class DebugLog:
    """Confined to the supervisor's loop. A log that cannot be written is left alone: it must not end a cell."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._fd: Optional[int] = None
        path = environment.get(_FILE)
        if path and environment.get(_SWITCH, "").lower() in _ON:
            try:
                flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NONBLOCK
                self._fd = os.open(path, flags, 0o600)
            except OSError:
                pass

    def note(self, event: str, **facts: Any) -> None:
        if self._fd is None:
            return
        line = json.dumps({"time": round(time.time(), 3), "event": f"stdio.{event}", **facts})
        try:
            os.write(self._fd, line.encode("ascii") + b"\n")
        except OSError:
            pass
