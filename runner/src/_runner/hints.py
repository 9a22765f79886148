"""Type hints for what a JSON schema takes (docs/tools.md has the table)."""

from __future__ import annotations

from typing import Any, Literal, Optional, Union

from . import limits
from .pristine import BUILTINS as __builtins__  # noqa: F401

_PLAIN: dict[str, Any] = {
    "integer": int,
    "number": float,
    "string": str,
    "boolean": bool,
    "array": list,
    "object": dict,
    "null": type(None),
}


def hint(schema: Any, depth: int = 0) -> Any:
    """The hint for a value of the schema; `Any` where it says nothing that Python has a hint for."""
    if not isinstance(schema, dict) or depth > limits.HINT_DEPTH:
        return Any
    if "const" in schema:
        return _literal([schema["const"]])
    if isinstance(schema.get("enum"), list):
        return _literal(schema["enum"])
    for word in ("anyOf", "oneOf"):
        if isinstance(schema.get(word), list):
            return _union([hint(branch, depth + 1) for branch in schema[word]])
    kind = schema.get("type")
    if isinstance(kind, list):
        return _union([_single(one, schema, depth + 1) for one in kind])
    return _single(kind, schema, depth)


def _single(kind: Any, schema: dict[str, Any], depth: int) -> Any:
    if kind == "array" and (items := hint(schema.get("items"), depth + 1)) is not Any:
        return list[items]  # type: ignore[valid-type]
    if kind == "object" and (values := hint(schema.get("additionalProperties"), depth + 1)) is not Any:
        return dict[str, values]  # type: ignore[valid-type]
    if kind == "string" and schema.get("format") == "binary":
        return bytes
    return _PLAIN.get(kind, Any) if isinstance(kind, str) else Any


def _literal(values: list[Any]) -> Any:
    usable = all(value is None or isinstance(value, (str, int)) for value in values)
    if usable and 0 < len(values) <= limits.HINT_CHOICES:
        return Literal[tuple(values)]
    kinds = {type(value) for value in values}
    return kinds.pop() if len(kinds) == 1 and kinds <= set(_PLAIN.values()) else Any


def _union(hints: list[Any]) -> Any:
    if not hints or len(hints) > limits.HINT_CHOICES or Any in hints:
        return Any
    return Union[tuple(hints)]


def text(found: Any) -> str:
    """A hint as a signature and a docstring show it; empty where there is none."""
    if found is Any:
        return ""
    if found is type(None):
        return "None"
    return found.__name__ if type(found) is type else repr(found).replace("typing.", "").replace("NoneType", "None")


def fields(schema: Any) -> Optional[str]:
    """The fields of an object with declared properties, as a docstring has them."""
    properties = schema.get("properties") if isinstance(schema, dict) else None
    if not isinstance(properties, dict) or not properties:
        return None
    required = schema.get("required")
    needed = required if isinstance(required, list) else []
    told = []
    for name in list(properties)[: limits.HINT_CHOICES]:
        kind = text(hint(properties[name]))
        notes = [note for note in (kind, "" if name in needed else "optional") if note]
        told.append(f"{name} ({', '.join(notes)})" if notes else str(name))
    if len(properties) > len(told):
        told.append("…")
    return ", ".join(told)
