"""The error table of PROTOCOL.md section 11 and the two ways in which things fail here."""

from __future__ import annotations

import enum
from typing import Any, Optional

from . import limits


class ErrorCode(enum.Enum):
    """A row of the error table: name on the wire, number, status, whether a retry can help."""

    PARSE_ERROR = (-32700, 400, "never")
    INVALID_REQUEST = (-32600, 400, "never")
    METHOD_NOT_FOUND = (-32601, 404, "never")
    INVALID_ARGUMENT = (-32602, 400, "never")
    INTERNAL = (-32603, 500, "never")
    SESSION_NOT_FOUND = (-32001, 404, "never")
    TOOL_NOT_FOUND = (-32002, 404, "never")
    INVALID_STATE = (-32003, 409, "never")
    MESSAGE_TOO_LARGE = (-32004, 413, "never")
    EXECUTION_FAILED = (-32005, 422, "never")
    RESOURCE_EXHAUSTED = (-32006, 429, "backoff")
    CANCELLED = (-32007, 499, "never")
    DEADLINE_EXCEEDED = (-32008, 504, "never")
    DRAINING = (-32009, 503, "backoff")
    TOOL_FAILED = (-32010, 424, "never")
    REENTRANT_CALL = (-32011, 409, "never")
    VERSION_UNSUPPORTED = (-32012, 426, "never")
    MALFORMED_FRAME = (-32013, 400, "never")
    OUTPUT_INTEGRITY = (-32014, 502, "never")
    KERNEL_DIED = (-32015, 410, "never")
    UNAUTHENTICATED = (-32016, 401, "never")
    PERMISSION_DENIED = (-32017, 403, "never")
    ORIGIN_FORBIDDEN = (-32018, 403, "never")
    NOT_FOUND = (-32019, 404, "never")
    ATTACH_TIMEOUT = (-32020, 408, "backoff")
    ALREADY_ATTACHED = (-32021, 409, "never")
    EPOCH_CHANGED = (-32022, 410, "never")
    SESSION_EXPIRED = (-32023, 410, "never")
    TRANSPORT_POISON = (-32024, 502, "never")
    FILE_NOT_FOUND = (-32025, 404, "never")
    FILE_EXISTS = (-32026, 409, "never")
    FILE_REFUSED = (-32027, 422, "never")
    FILE_CHANGED = (-32028, 409, "never")

    def __init__(self, number: int, status: int, retry: str) -> None:
        self.number = number
        self.status = status
        self.retry = retry

    @property
    def wire(self) -> str:
        return self.name.lower()


class RpcError(Exception):
    """A request is refused; the connection goes on."""

    def __init__(self, code: ErrorCode, message: str, data: Optional[dict[str, Any]] = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data or {}

    def to_json(self) -> dict[str, Any]:
        return {
            "code": self.code.number,
            "message": self.message,
            "data": {**self.data, "code": self.code.wire, "status": self.code.status},
        }


class ProtocolError(Exception):
    """A peer broke a rule of PROTOCOL.md; its stream must not be interpreted any further."""

    def __init__(self, rule: str, detail: str, garbage: bytes = b"") -> None:
        shown = bytes(garbage[: limits.GARBAGE_SHOWN]).hex(" ")
        super().__init__(f"{rule}: {detail}" + (f"; first bytes: {shown}" if shown else ""))
        self.rule = rule
        self.detail = detail
