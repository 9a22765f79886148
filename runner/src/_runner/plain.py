"""Which values are JSON as they are, found out by C loops for the most part."""

from __future__ import annotations

from typing import Any, Iterable

from . import limits
from .pristine import BUILTINS as __builtins__  # noqa: F401

INT_MIN, INT_MAX = -(2**63), 2**63 - 1
FORM = "$py"
LEAVES = frozenset((str, int, float, bool, type(None)))
_PLAIN = LEAVES | {list, dict}
_ONLY_STR = frozenset((str,))


def is_plain(value: Any) -> bool:
    """Whether the value is JSON as it is, NaN and lone surrogates apart (those fail when it is
    written).

    Goes level by level over distinct containers, each with the number of times it will be written:
    shared parts may double at every level, and must be noticed by their size without being visited
    as often.
    """
    kinds = {type(value)}
    if not _PLAIN.issuperset(kinds) or not ints_fit((value,), kinds):
        return False
    room = limits.MESSAGE - (len(value) if type(value) is str else 0)
    level = [(value, 1)] if type(value) is list or type(value) is dict else []
    depth = 0
    while level:
        depth += 1
        if depth > limits.DOCUMENT_DEPTH:
            return False
        below: list[tuple[Any, int]] = []
        for container, times in level:
            size = 2 * len(container)
            if type(container) is dict:
                if container and (
                    not _ONLY_STR.issuperset(map(type, container)) or FORM in container
                ):
                    return False
                size += sum(map(len, container))
                items = container.values()
            else:
                items = container
            kinds = set(map(type, items))
            if not _PLAIN.issuperset(kinds):
                return False
            if str in kinds:
                size += sum(len(item) for item in items if type(item) is str)
            room -= times * size
            if room < 0 or not ints_fit(items, kinds):
                return False
            if list in kinds or dict in kinds:
                below.extend(
                    (item, times) for item in items if type(item) is list or type(item) is dict
                )
        level = _distinct(below) if len(below) > len(level) else below
    return room >= 0


def _distinct(level: list[tuple[Any, int]]) -> list[tuple[Any, int]]:
    times: dict[int, int] = {}
    for container, count in level:
        times[id(container)] = times.get(id(container), 0) + count
    if len(times) == len(level):
        return level
    objects = {id(container): container for container, _ in level}
    return [(objects[key], count) for key, count in times.items()]


def ints_fit(items: Iterable[Any], kinds: set[type]) -> bool:
    """Whether all exact ints among the items have at most 64 bits."""
    if int not in kinds:
        return True
    if kinds == {int}:
        return INT_MIN <= min(items) and max(items) <= INT_MAX
    return all(INT_MIN <= item <= INT_MAX for item in items if type(item) is int)
