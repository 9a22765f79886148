"""A tool's declared parameters as a Python signature, a check of arguments, and a docstring."""

from __future__ import annotations

import inspect
from keyword import iskeyword
from typing import Any, Callable, NamedTuple, Optional

from .decoder import decode
from .hints import fields, hint, text
from .pristine import BUILTINS as __builtins__  # noqa: F401
from .reprs import bounded_repr

_PARAMETER = inspect.Parameter
_ANY = inspect.Signature(
    [_PARAMETER("args", _PARAMETER.VAR_POSITIONAL), _PARAMETER("kwargs", _PARAMETER.VAR_KEYWORD)]
)


class Shape(NamedTuple):
    """How a tool looks from Python."""

    signature: inspect.Signature
    check: Callable[..., None]
    doc: str
    files: frozenset[str]  # names of the parameters whose files the host gets


def is_name(text: Any) -> bool:
    return isinstance(text, str) and text.isidentifier() and not iskeyword(text)


def shape(name: str, spec: dict[str, Any]) -> Shape:
    """The shape of a tool as `tools.register` tells it; without parameters told, it accepts any."""
    told = spec.get("parameters")
    names = [parameter.get("name") for parameter in told] if isinstance(told, list) else None
    if names is None or not all(map(is_name, names)) or len(set(names)) < len(names):
        return Shape(_ANY, _accept, _doc(spec, [], []), frozenset())
    hints = [hint(parameter.get("schema")) for parameter in told]
    parameters = []
    kind: Any = _PARAMETER.POSITIONAL_OR_KEYWORD
    optional = False
    for parameter, found in zip(told, hints):
        required = bool(parameter.get("required", True))
        if required and optional:
            kind = (
                _PARAMETER.KEYWORD_ONLY
            )  # Python has no required parameter by position after an optional one
        optional = optional or not required
        default = _PARAMETER.empty if required else decode(parameter.get("default"))
        annotation = _PARAMETER.empty if found is Any else found
        parameters.append(
            _PARAMETER(parameter["name"], kind, default=default, annotation=annotation)
        )
    files = frozenset(parameter["name"] for parameter in told if parameter.get("file") is True)
    return Shape(inspect.Signature(parameters), _checker(name, parameters), _doc(spec, told, hints), files)


def _accept(*args: Any, **kwargs: Any) -> None:
    """A tool that takes anything."""


def _checker(name: str, parameters: list[inspect.Parameter]) -> Callable[..., None]:
    """A function that does nothing but raise the interpreter's own TypeError for arguments that do
    not fit.
    """
    pieces = []
    for parameter in parameters:
        if parameter.kind is _PARAMETER.KEYWORD_ONLY and "*" not in pieces:
            pieces.append("*")
        pieces.append(
            parameter.name if parameter.default is _PARAMETER.empty else f"{parameter.name}=None"
        )
    namespace: dict[str, Any] = {}
    exec(f"def {name}({', '.join(pieces)}): pass", namespace)
    return namespace[name]


def _doc(spec: dict[str, Any], parameters: list[dict[str, Any]], hints: list[Any]) -> str:
    described = str(spec.get("description") or "").strip()
    lines = [f"    {_parameter_doc(parameter, found)}" for parameter, found in zip(parameters, hints)]
    if lines:
        lines = ["", "Parameters:", *lines]
    return "\n".join([described or "A tool of the host.", *lines])


def _parameter_doc(parameter: dict[str, Any], found: Any) -> str:
    kind, inner = text(found), fields(parameter.get("schema"))
    if inner is not None:
        kind += f" with {inner}"
    told = parameter["name"] + (f" ({kind})" if kind else "")
    if not parameter.get("required", True):
        told += f", default {bounded_repr(decode(parameter.get('default')))}"
    described: Optional[str] = parameter.get("description")
    return f"{told}: {described}" if described else told
