"""JSON-RPC 2.0 as a table of pure functions: bytes of an envelope in, an object or a refusal out."""

from __future__ import annotations

import enum
import json
import re
from typing import Any, Callable, Mapping, NamedTuple, NoReturn, Optional, Sequence, Union

from . import given_up, jsontext, limits
from .errors import ErrorCode, RpcError

Id = Union[str, int, float, None]


class Absent(enum.Enum):
    """An id that is not there is not an id of null (SES-9)."""

    ID = "id"


_ABSENT = Absent.ID


class Request(NamedTuple):
    """A request, or a notification where `id` is absent."""

    method: str
    params: Any
    id: Union[Id, Absent]
    attachments: Sequence[bytes] = ()

    @property
    def is_notification(self) -> bool:
        return self.id is Absent.ID


class Reply(NamedTuple):
    """The reply to a request of ours; exactly one of `result` and `error` counts."""

    id: Id
    result: Any
    error: Any


class Refusal(Exception):
    """An envelope that is neither request nor reply; answered under `id` (SES-1 to SES-3)."""

    def __init__(self, id: Id, error: RpcError) -> None:
        super().__init__(error.message)
        self.id = id
        self.error = error


class Later:
    """What a method returns when the reply will follow."""


LATER = Later()

Method = Callable[[Request], Any]


def parse(envelope: bytes) -> Union[Request, Reply]:
    value = _load(envelope)
    if type(value) is dict:
        method, params, id = value.get("method"), value.get("params"), value.get("id", _ABSENT)
        if (
            type(method) is str
            and type(params) is dict
            and (id is _ABSENT or type(id) is int)
            and value.get("jsonrpc") == "2.0"
        ):
            return Request(method, params, id)
    return _unusual(value)


def _unusual(value: Any) -> Union[Request, Reply]:
    """What is not a request as most are."""
    if isinstance(value, list):
        _invalid(None, "a batch is not accepted; send each call as a message of its own")
    if not isinstance(value, dict):
        _invalid(None, f"an object is needed, not {_shown(value)}")
    id = value.get("id", Absent.ID)
    reported = None if id is Absent.ID or not _is_reportable(id) else id
    if value.get("jsonrpc") != "2.0":
        _invalid(reported, f'jsonrpc must be "2.0", not {_shown(value.get("jsonrpc"))}')
    if "method" not in value and ("result" in value) != ("error" in value):
        if id is Absent.ID or not _is_id(id):
            _invalid(reported, "a reply needs the id of its request")
        return Reply(id, value.get("result"), value.get("error"))
    method, params = value.get("method"), value.get("params", {})
    if not isinstance(method, str):
        _invalid(reported, f"method must be a string, not {_shown(method)}")
    if not isinstance(params, (dict, list)):
        _invalid(reported, f"params must be an object, not {_shown(params)}")
    if id is not Absent.ID and not _is_id(id):
        _invalid(reported, f"id must be a string, an integer or null, not {_shown(id)}")
    return Request(method, params, id)


def answer(methods: Mapping[str, Method], envelope: bytes, attachments: Sequence[bytes] = ()) -> Optional[bytes]:
    """The envelope that answers this one; None where nothing is to be said now."""
    try:
        request = parse(envelope)
    except Refusal as refusal:
        return error(refusal.id, refusal.error)
    if isinstance(request, Reply):
        return None
    if attachments:
        request = request._replace(attachments=attachments)
    try:
        found = call(methods, request)
    except RpcError as refused:
        return None if request.is_notification else error(request.id, refused)
    if found is LATER or request.is_notification:
        return None
    return result(request.id, found)


def call(methods: Mapping[str, Method], request: Request) -> Any:
    """Run a method of the table; whatever goes wrong comes out as an RpcError (SES-7)."""
    check_given_up(request)
    method = methods.get(request.method)
    if method is None:
        known = ", ".join(sorted(methods))
        raise RpcError(
            ErrorCode.METHOD_NOT_FOUND, f"no method {_shown(request.method)}; there are {known}"
        )
    if not isinstance(request.params, dict):
        raise invalid(request.method, "params", request.params, "an object")
    try:
        return method(request)
    except RpcError:
        raise
    except Exception as defect:
        raise RpcError(
            ErrorCode.INTERNAL, f"{request.method}: {type(defect).__name__}: {defect}"
        ) from defect


def check_given_up(request: Request) -> None:
    """REC-19: a request whose own params no connection has survived says so, and is answered with that."""
    params = request.params
    if type(params) is dict and len(params) == 1 and isinstance(params.get(given_up.PARAM), str):
        raise RpcError(ErrorCode.TRANSPORT_POISON, f"{request.method}: {params[given_up.PARAM]}")


def result(id: Union[Id, Absent], value: Any) -> bytes:
    return _dump({"jsonrpc": "2.0", "id": _spoken(id), "result": value})


def error(id: Union[Id, Absent], refused: RpcError) -> bytes:
    return _dump({"jsonrpc": "2.0", "id": _spoken(id), "error": refused.to_json()})


def notification(method: str, params: Mapping[str, Any]) -> bytes:
    return _dump({"jsonrpc": "2.0", "method": method, "params": params})


def invalid(method: str, name: str, value: Any, wanted: str) -> RpcError:
    """ERR-3: the refused value, and what would be accepted."""
    return RpcError(
        ErrorCode.INVALID_ARGUMENT, f"{method}: {name} must be {wanted}, not {_shown(value)}"
    )


def _spoken(id: Union[Id, Absent]) -> Id:
    return None if id is Absent.ID else id


def _is_id(value: Any) -> bool:
    return value is None or (isinstance(value, (str, int)) and not isinstance(value, bool))


def _is_reportable(value: Any) -> bool:
    return _is_id(value) or (isinstance(value, float) and value - value == 0)  # JSON cannot say infinity


def _shown(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= limits.GARBAGE_SHOWN else text[: limits.GARBAGE_SHOWN] + "..."


def _invalid(id: Id, message: str) -> NoReturn:
    raise Refusal(id, RpcError(ErrorCode.INVALID_REQUEST, message))


def _load(envelope: bytes) -> Any:
    try:
        text = envelope.decode("utf-8")
        if text.count("[") + text.count("{") > limits.JSON_DEPTH:
            _check_depth(text)
        return _decoded(text)
    except (ValueError, RecursionError) as problem:
        shown = envelope[: limits.GARBAGE_SHOWN].hex(" ")
        message = f"not JSON: {problem}; first bytes: {shown}"
        raise Refusal(None, RpcError(ErrorCode.PARSE_ERROR, message)) from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


# Made once: `json.loads` makes one for each call that is not all defaults.
_DECODER = json.JSONDecoder(parse_constant=_no_constant)


def _decoded(text: str) -> Any:
    try:
        value, end = _DECODER.scan_once(text, 0)
        if end == len(text):
            return value
    except StopIteration:
        pass
    return _DECODER.decode(text)  # there is white space around it, or something that must not be there


_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


def _check_depth(text: str) -> None:
    """SES-12. Brackets inside strings do not nest."""
    depth = 0
    for char in _STRING.sub("", text):
        if char in "[{":
            depth += 1
            if depth > limits.JSON_DEPTH:
                _invalid(None, f"nested deeper than {limits.JSON_DEPTH}")
        elif char in "]}":
            depth -= 1


def _dump(value: Any) -> bytes:
    return jsontext.dump_ascii(value)
