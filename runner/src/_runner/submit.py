"""Ending a cell with an answer: the function that a host registers for it, and what that raises."""

from __future__ import annotations

from typing import Any, Callable, NoReturn, Optional

from . import limits, schemas
from .encoder import Encoder
from .pristine import BUILTINS as __builtins__  # noqa: F401
from .tool_errors import SubmitError


class Submission(BaseException):
    """A cell's answer. No `Exception`: an `except Exception` around it must not lose it."""

    def __init__(self, fields: dict[str, Any]) -> None:
        super().__init__("submitted: " + ", ".join(fields))
        self.fields = fields


def submitter(name: str, spec: dict[str, Any]) -> Callable[..., NoReturn]:
    """The function that stands under this name in `__main__`."""
    schema = spec.get("schema")
    schema = schema if isinstance(schema, dict) else None

    def submit(*args: Any, **fields: Any) -> NoReturn:
        if args:
            raise TypeError(f"{name} takes keyword arguments only: {name}({_example(schema)}=...)")
        if schema is not None:
            _check(name, fields, schema)
        raise Submission(fields)

    submit.__name__ = submit.__qualname__ = name
    submit.__module__ = "__main__"
    submit.__doc__ = _doc(spec, schema)
    return submit


def _check(name: str, fields: dict[str, Any], schema: dict[str, Any]) -> None:
    """LIF-20: raises for an answer that the host has said it will not take; the cell goes on, and may repair it."""
    found = schemas.problems(Encoder().form(fields), schema, limits.SCHEMA_PROBLEMS)
    if found:
        told = "".join(f"\n  {problem}" for problem in found)
        more = "\n  and perhaps more" if len(found) == limits.SCHEMA_PROBLEMS else ""
        raise SubmitError(f"{name}: the answer does not fit, and was not submitted:{told}{more}\n{_wanted(name, schema)}")


def _wanted(name: str, schema: dict[str, Any]) -> str:
    fields = ", ".join(_field(field, part, schema) for field, part in list(_fields(schema).items())[: limits.SCHEMA_WORDS])
    return f"{name} takes {fields}" if fields else f"{name} takes {schemas.summary(schema)}"


def _field(field: str, part: Any, schema: dict[str, Any]) -> str:
    optional = "" if field in _required(schema) else ", optional"
    return f"{field} ({schemas.summary(part)}{optional})"


def _fields(schema: Optional[dict[str, Any]]) -> dict[str, Any]:
    fields = schema.get("properties") if schema is not None else None
    return fields if isinstance(fields, dict) else {}


def _required(schema: dict[str, Any]) -> list[Any]:
    required = schema.get("required")
    return required if isinstance(required, list) else []


def _example(schema: Optional[dict[str, Any]]) -> str:
    return next(iter(_fields(schema)), "answer")


def _doc(spec: dict[str, Any], schema: Optional[dict[str, Any]]) -> str:
    described = str(spec.get("description") or "").strip() or "End the cell with these fields as its answer."
    lines = []
    for field, part in _fields(schema).items():
        about = part.get("description") if isinstance(part, dict) else None
        told = _field(field, part, schema or {})
        lines.append(f"    {told}: {about}" if about else f"    {told}")
    return "\n".join([described, *(["", "Fields:", *lines] if lines else [])])
