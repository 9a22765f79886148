"""What a cell had to say besides its output: the `cell.report`."""

from __future__ import annotations

from typing import Any, NamedTuple, Optional, Sequence

from . import jsontext
from .encoder import Encoder
from .errors import RpcError
from .frames import Bytes
from .messages import check_size
from .plain import FORM
from .pristine import BUILTINS as __builtins__  # noqa: F401
from .reprs import bounded_repr, is_a, type_name
from .tool_errors import ToolError
from .tracebacks import Place, describe


class Report(NamedTuple):
    """An envelope and its attachments."""

    envelope: bytes
    attachments: Sequence[Bytes]


def of_value(value: Any) -> Report:
    encoder = Encoder()
    report = _value_report(encoder.encode(value), value, encoder.attachments)
    try:
        check_size(report.envelope, report.attachments)
        return report
    except RpcError:
        cut = {FORM: "cut", "type": type_name(value), "reason": "size"}
        return _value_report(jsontext.dump(cut), value, ())


def _value_report(document: bytes, value: Any, attachments: Sequence[Bytes]) -> Report:
    text = b'"value":{"data":%b,"repr":%b,"type":%b}' % (
        document,
        jsontext.dump(bounded_repr(value)),
        jsontext.dump(type_name(value)),
    )
    return Report(_envelope(text), attachments)


def of_submission(fields: dict[str, Any]) -> Report:
    """What the cell submitted."""
    encoder = Encoder()
    report = Report(_envelope(b'"submitted":%b' % encoder.encode(fields)), encoder.attachments)
    try:
        check_size(report.envelope, report.attachments)
        return report
    except RpcError:
        cut = {FORM: "cut", "type": type_name(fields), "reason": "size"}
        return Report(_envelope(b'"submitted":%b' % jsontext.dump(cut)), ())


def of_error(
    error: BaseException, place: Optional[Place] = None, notes: Sequence[str] = ()
) -> Report:
    described = jsontext.dump(describe(error, place, notes))
    data = _attached(error)
    if data is None:
        return Report(_envelope(b'"error":%b,"data":null}' % described[:-1]), ())
    encoder = Encoder()
    report = Report(
        _envelope(b'"error":%b,"data":%b}' % (described[:-1], encoder.encode(data))),
        encoder.attachments,
    )
    try:
        check_size(report.envelope, report.attachments)
        return report
    except RpcError:
        cut = jsontext.dump({FORM: "cut", "type": type_name(data), "reason": "size"})
        return Report(_envelope(b'"error":%b,"data":%b}' % (described[:-1], cut)), ())


def _attached(error: Any) -> Any:
    """What a host tool attached to its failure."""
    if not is_a(error, ToolError):
        return None
    try:
        return error.data
    except BaseException:  # noqa: B902 - a subclass of the user's may raise anything
        return None


def _envelope(params: bytes) -> bytes:
    return b'{"jsonrpc":"2.0","method":"cell.report","params":{%b}}' % params
