"""Whether a document fits a JSON schema, and in which places it does not, told so that whoever wrote the code can repair it.

What is looked at is the form in which the host gets it (PROTOCOL.md section 9): a tuple, a set, a dataclass or a `datetime` fits
where the Java side takes it. A schema that was refused by nobody before is not believed here either: a word that is unknown
says nothing, and one that is broken is told as such.
"""

from __future__ import annotations

import json
import re
from typing import Any, Callable, Iterator, NamedTuple, Optional

from . import limits
from .plain import FORM
from .pristine import BUILTINS as __builtins__
from .reprs import bounded_repr

_SHOWN = 80  # characters of a value
_ABSENT = object()
_NAMED = {"tuple": "array", "set": "array", "dict": "object", "object": "object", "int": "integer", "float": "number"}
_NAMED.update({"decimal": "number", "str": "string", "path": "string", "uuid": "string", "bytes": "string"})
_NAMED.update({"datetime": "string", "date": "string", "time": "string", "timedelta": "string"})
_OWN_FORMAT = {"path": "path", "uuid": "uuid", "bytes": "binary", "datetime": "date-time", "date": "date"}
_OWN_FORMAT.update({"time": "time", "timedelta": "duration"})
_DAY, _HOURS, _ZONE = r"\d{4}-\d\d-\d\d", r"\d\d:\d\d(:\d\d(\.\d{1,9})?)?", r"(Z|[+-]\d\d:\d\d(:\d\d)?)?"
_FORMATS = {
    "date": re.compile(_DAY),
    "time": re.compile(_HOURS + _ZONE),
    "date-time": re.compile(f"{_DAY}T{_HOURS}{_ZONE}"),
    "duration": re.compile(r"-?P(?=.)(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d{1,9})?S)?)?"),
    "uuid": re.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
}


class Problem(NamedTuple):
    """What does not fit, and where."""

    place: str
    text: str

    def __str__(self) -> str:
        return f"{self.place or 'the whole'}: {self.text}"


def problems(form: Any, schema: Any, kept: int) -> list[Problem]:
    """What does not fit, the first of it where it is more than `kept`."""
    found: list[Problem] = []
    for problem in _Check(schema).look(form, schema, ""):
        found.append(problem)
        if len(found) == kept:
            break
    return found


def kind_of(form: Any) -> str:
    """The type of JSON schema that a form is; empty for what is none."""
    if form is None:
        return "null"
    if isinstance(form, bool):
        return "boolean"
    if isinstance(form, int):
        return "integer"
    if isinstance(form, float):
        return "number"
    if isinstance(form, str):
        return "string"
    if isinstance(form, list):
        return "array"
    name = form.get(FORM)
    if name is None:
        return "object"
    return kind_of(form.get("value")) if name == "enum" else _NAMED.get(name, "")


def summary(schema: Any) -> str:
    """A schema in a few words, for a message."""
    if not isinstance(schema, dict):
        return "anything" if schema is not False else "nothing"
    if "enum" in schema:
        return "one of " + ", ".join(bounded_repr(one, _SHOWN) for one in _list(schema["enum"])[: limits.SCHEMA_WORDS])
    kinds = schema.get("type")
    if isinstance(kinds, list):
        return " or ".join(str(kind) for kind in kinds)
    if kinds == "array" and isinstance(schema.get("items"), dict):
        return "array of " + summary(schema["items"])
    if kinds == "object" and isinstance(schema.get("properties"), dict):
        return "object with " + ", ".join(list(schema["properties"])[: limits.SCHEMA_WORDS])
    own = schema.get("format")
    if isinstance(kinds, str):
        return f"{kinds} ({own})" if isinstance(own, str) else kinds
    for word in ("anyOf", "oneOf"):
        if isinstance(schema.get(word), list):
            return " or ".join(summary(one) for one in schema[word][: limits.SCHEMA_WORDS])
    reference = schema.get("$ref")
    return reference.rpartition("/")[2] if isinstance(reference, str) else "anything"


class _Check:
    """Confined to one check."""

    def __init__(self, root: Any) -> None:
        self._root = root
        self._inside: set[tuple[int, int]] = set()  # which schema is being asked about which form

    def look(self, form: Any, schema: Any, place: str) -> Iterator[Problem]:
        if schema is False:
            yield Problem(place, "is not wanted")
        asked = id(schema), id(form)
        if not isinstance(schema, dict) or asked in self._inside:
            return  # what refers to itself without going deeper asks for nothing more
        self._inside.add(asked)
        try:
            yield from self._all(form, schema, place)
        finally:
            self._inside.discard(asked)

    def _all(self, form: Any, schema: dict[str, Any], place: str) -> Iterator[Problem]:
        kind = kind_of(form)
        misfit = self._type(form, kind, schema)
        if misfit is not None:
            yield Problem(place, misfit)
            return
        yield from (Problem(place, text) for text in self._alone(form, kind, schema))
        yield from self._combined(form, schema, place)
        if kind == "array":
            yield from self._items(form, schema, place)
        elif kind == "object":
            yield from self._fields(form, schema, place)

    # --- one value ---

    @staticmethod
    def _type(form: Any, kind: str, schema: dict[str, Any]) -> Optional[str]:
        wanted = schema.get("type")
        kinds = [wanted] if isinstance(wanted, str) else _list(wanted)
        if not kinds or kind in kinds or (kind == "integer" and "number" in kinds):
            return None
        if "integer" in kinds and _is_whole_decimal(form):
            return None
        return f"has to be {_article(summary(schema))}, and is {_shown(form, kind)}"

    def _alone(self, form: Any, kind: str, schema: dict[str, Any]) -> Iterator[str]:
        value = _value(form)
        if "enum" in schema and not any(_same(value, one) for one in _list(schema["enum"])):
            yield f"has to be {summary(schema)}, and is {_shown(form, kind)}"
        if "const" in schema and not _same(value, schema["const"]):
            yield f"has to be {bounded_repr(schema['const'], _SHOWN)}, and is {_shown(form, kind)}"
        if kind == "string":
            yield from _text(form, value, schema)
        elif kind in ("integer", "number"):
            yield from _number(value, schema)
        elif kind == "array":
            yield from _count(len(_items(form)), schema, "minItems", "maxItems", "items")
            if schema.get("uniqueItems") is True and _repeats(_items(form)):
                yield "has to have no item twice"
        elif kind == "object":
            yield from _count(len(_pairs(form)), schema, "minProperties", "maxProperties", "fields")

    # --- what has parts ---

    def _items(self, form: Any, schema: dict[str, Any], place: str) -> Iterator[Problem]:
        first = _list(schema.get("prefixItems"))
        for index, item in enumerate(_items(form)):
            part = first[index] if index < len(first) else schema.get("items")
            yield from self.look(item, part, f"{place}[{index}]")

    def _fields(self, form: Any, schema: dict[str, Any], place: str) -> Iterator[Problem]:
        pairs = _pairs(form)
        names = {name for name, _ in pairs if isinstance(name, str)}
        declared = schema.get("properties")
        declared = declared if isinstance(declared, dict) else {}
        for name in _list(schema.get("required")):
            if name not in names:
                yield Problem(_below(place, name), f"is missing; it has to be {_article(summary(declared.get(name)))}")
        more = schema.get("additionalProperties")
        for name, item in pairs:
            if isinstance(name, str) and name in declared:
                yield from self.look(item, declared[name], _below(place, name))
            elif more is False:
                known = ", ".join(list(declared)[: limits.SCHEMA_WORDS]) or "none"
                yield Problem(_below(place, name), f"is no field here; there are {known}")
            else:
                yield from self.look(item, more, _below(place, name))

    def _combined(self, form: Any, schema: dict[str, Any], place: str) -> Iterator[Problem]:
        reference = schema.get("$ref")
        if reference is not None:
            target = self._target(reference)
            if target is _ABSENT:
                yield Problem(place, f"has a schema that refers to {bounded_repr(reference, _SHOWN)}, which is not there")
            else:
                yield from self.look(form, target, place)
        for one in _list(schema.get("allOf")):
            yield from self.look(form, one, place)
        for word, fits in (("anyOf", _at_least_one), ("oneOf", _exactly_one)):
            choices = _list(schema.get(word))
            if choices and not fits(self._fits(form, one) for one in choices):
                wanted = " or ".join(summary(one) for one in choices[: limits.SCHEMA_WORDS])
                yield Problem(place, f"has to be {_article(wanted)}, and is {_shown(form, kind_of(form))}")
        if "not" in schema and self._fits(form, schema["not"]):
            yield Problem(place, f"must not be {_article(summary(schema['not']))}")

    def _fits(self, form: Any, schema: Any) -> bool:
        return next(self.look(form, schema, ""), None) is None

    def _target(self, reference: Any) -> Any:
        if not isinstance(reference, str) or not reference.startswith("#"):
            return _ABSENT
        found = self._root
        for step in reference[1:].split("/")[1:]:
            step = step.replace("~1", "/").replace("~0", "~")
            found = found.get(step, _ABSENT) if isinstance(found, dict) else _ABSENT
        return found


def _text(form: Any, value: Any, schema: dict[str, Any]) -> Iterator[str]:
    own = _OWN_FORMAT.get(form[FORM]) if isinstance(form, dict) and FORM in form else None
    wanted = schema.get("format")
    if own == "binary" and wanted != "binary" or wanted == "binary" and own != "binary":
        yield "has to be " + ("bytes" if wanted == "binary" else "a str, and is bytes")
        return
    if own is not None or not isinstance(value, str):
        if own != wanted and isinstance(wanted, str) and own in _FORMATS:
            yield f"has to be a {wanted}, and is a {own}"
        return
    if isinstance(wanted, str) and wanted in _FORMATS and not _FORMATS[wanted].fullmatch(value):
        yield f"has to be a {wanted}, and is {_shown(value, 'string')}"
    yield from _count(len(value), schema, "minLength", "maxLength", "characters")
    pattern = schema.get("pattern")
    if isinstance(pattern, str):
        try:
            if not re.search(pattern, value):
                yield f"has to match {bounded_repr(pattern, _SHOWN)}, and is {_shown(value, 'string')}"
        except (re.error, RecursionError, OverflowError) as problem:
            yield f"has a schema whose pattern {bounded_repr(pattern, _SHOWN)} is none of Python's: {problem}"


_BOUNDS: tuple[tuple[str, str, Callable[[Any, Any], bool]], ...] = (
    ("minimum", "at least", lambda value, bound: value >= bound),
    ("maximum", "at most", lambda value, bound: value <= bound),
    ("exclusiveMinimum", "above", lambda value, bound: value > bound),
    ("exclusiveMaximum", "below", lambda value, bound: value < bound),
)


def _number(value: Any, schema: dict[str, Any]) -> Iterator[str]:
    if not isinstance(value, (int, float)):
        return
    for word, wanted, holds in _BOUNDS:
        bound = schema.get(word)
        if isinstance(bound, (int, float)) and not isinstance(bound, bool) and not holds(value, bound):
            yield f"has to be {wanted} {bound}, and is {bounded_repr(value, _SHOWN)}"


def _count(size: int, schema: dict[str, Any], least: str, most: str, what: str) -> Iterator[str]:
    low, high = schema.get(least), schema.get(most)
    if isinstance(low, int) and size < low:
        yield f"has to have at least {low} {what}, and has {size}"
    if isinstance(high, int) and size > high:
        yield f"has to have at most {high} {what}, and has {size}"


def _at_least_one(fits: Iterator[bool]) -> bool:
    return any(fits)


def _exactly_one(fits: Iterator[bool]) -> bool:
    return sum(fits) == 1


# --- forms ---


def _value(form: Any) -> Any:
    """What a form of one value stands for, as far as a schema can ask for it."""
    if not isinstance(form, dict) or FORM not in form:
        return form
    name = form[FORM]
    try:
        if name == "enum":
            return _value(form["value"])
        if name == "int":
            return int(form["hex"], 16)
        if name in ("float", "decimal"):
            return float(form["value"])
        return form["value"] if name in ("path", "uuid") else form
    except (KeyError, TypeError, ValueError, OverflowError):
        return form


def _items(form: Any) -> list[Any]:
    if isinstance(form, dict) and form.get(FORM) == "enum":
        return _items(form.get("value"))
    return form if isinstance(form, list) else _list(form.get("items"))


def _pairs(form: dict[str, Any]) -> list[tuple[Any, Any]]:
    name = form.get(FORM)
    if name == "enum":
        return _pairs(form["value"])
    if name == "object":
        return list(form["fields"].items())
    if name == "dict":
        return [(_value(key) if not isinstance(key, (list, dict)) else bounded_repr(key, _SHOWN), item) for key, item in form["items"]]
    return list(form.items())


def _repeats(items: list[Any]) -> bool:
    return len({json.dumps(_value(item), sort_keys=True) for item in items}) < len(items)


def _same(one: Any, other: Any) -> bool:
    """Equal as JSON: a boolean is no number."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return bool(one == other)


def _is_whole_decimal(form: Any) -> bool:
    if not isinstance(form, dict) or form.get(FORM) != "decimal":
        return False
    value = _value(form)
    return isinstance(value, float) and value.is_integer()


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _below(place: str, name: Any) -> str:
    shown = name if isinstance(name, str) else bounded_repr(name, _SHOWN)
    return f"{place}.{shown}" if place else shown


def _article(words: str) -> str:
    plain = words.startswith(("one of", "anything", "nothing"))
    return words if plain else ("an " if words[:1] in "aeiou" else "a ") + words


def _shown(form: Any, kind: str) -> str:
    if isinstance(form, dict) and FORM in form:
        told = form.get("type") or form[FORM]
        return f"{_article(str(told))} {bounded_repr(form.get('repr', form.get('value', form.get('iso', ''))), _SHOWN)}".rstrip(" '")
    return f"the {kind} {bounded_repr(form, _SHOWN)}"
