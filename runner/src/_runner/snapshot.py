"""The plain data of a namespace as bytes: what survives a kernel of which no copy could be kept.

Only exact built-in types, paths, mappings of the standard library and dataclasses go in. Types are
compared by identity and contents are read by the types' own C code, so that no code of the user
runs: no `__reduce__`, `__iter__`, `__eq__`, `__hash__`, `__getattr__`, property or metaclass. All
work is bounded, and a name whose value does not go in whole is lost whole.

Written by `marshal`: it keeps the exact types and shared parts, is the fastest that there is (30 ns
a value; looking costs 100), and runs no code when it reads. Its format holds for one version of
Python, which is that of all kernels of a runner.
"""

from __future__ import annotations

import dataclasses
import gc
import marshal
import pathlib
import sys
import time
import types
from collections import Counter, OrderedDict, UserDict, defaultdict
from itertools import chain, islice
from typing import Any, Callable, Collection, Iterable, Iterator, NamedTuple, Optional

from . import limits
from .pristine import BUILTINS as __builtins__  # noqa: F401
from .reprs import mro_of

_dumps, _loads = marshal.dumps, marshal.loads
# This thread's work, so that neither a busy machine nor other threads decide what survives.
_now, _size_of = time.thread_time, sys.getsizeof
_gc_enabled, _gc_disable, _gc_enable = gc.isenabled, gc.disable, gc.enable
_referents = gc.get_referents

# By number: a set of types would be asked by their hashes, which a metaclass may define.
_FIXED = frozenset(map(id, (type(None), bool, float)))
_ATOMS = _FIXED | frozenset(map(id, (int, complex, str, bytes)))
_CONTAINERS = frozenset(map(id, (list, tuple, set, frozenset, dict)))
_NATIVE = _ATOMS | _CONTAINERS
_ONLY_INT, _ONLY_STR, _ONLY_BYTES = (frozenset((id(cls),)) for cls in (int, str, bytes))
_WORD = 2**63
_FIXED_SIZE = 9  # bytes of the largest value of a fixed size

_PATHS = {
    cls.__name__: cls
    for cls in (pathlib.PosixPath, pathlib.PurePosixPath, pathlib.PureWindowsPath)
}
_path_text = pathlib.PurePath.__str__
_CLASS_DICT = type.__dict__["__dict__"].__get__
_FLAGS = type.__dict__["__flags__"].__get__
_HEAP_TYPE = 1 << 9
_GETSET, _MEMBER = types.GetSetDescriptorType, types.MemberDescriptorType
_get_set, _get_member = _GETSET.__get__, _MEMBER.__get__
_DESCRIPTOR_OF_USER_DICT = vars(UserDict)["__dict__"]
_FIELD = dataclasses._FIELD  # type: ignore[attr-defined]
_kind_of = dataclasses.Field._field_type.__get__  # type: ignore[attr-defined]

_MARK = Ellipsis  # is no plain value here, so that a tuple that begins with it is unmistakable
_NOWHERE = types.SimpleNamespace()  # of a type that goes into no snapshot


class Budget(NamedTuple):
    """What one snapshot may cost."""

    nodes: int = limits.SNAPSHOT_NODES
    size: int = limits.SNAPSHOT_BYTES
    seconds: float = limits.SNAPSHOT_SECONDS  # of processor time


class Taken(NamedTuple):
    """Bytes for `load`, the names whose values are in them, and the other names; both sorted."""

    data: bytes
    restored: list[str]
    lost: list[str]


class _Lost(Exception):
    """This value does not go in."""


class _TooSlow(_Lost):
    """The time that this name was given is over."""


def take(namespace: dict[str, Any], names: Iterable[str], budget: Budget = Budget()) -> Taken:
    """The values of these names, as they are now. A name that the namespace does not hold is
    neither restored nor lost.
    """
    # A collection in the midst would cost up to a second with a large heap, and run finalizers.
    collecting = _gc_enabled()
    _gc_disable()
    try:
        return _take(namespace, frozenset(names), budget)
    finally:
        if collecting:
            _gc_enable()


def _take(namespace: dict[str, Any], names: frozenset[str], budget: Budget) -> Taken:
    end = _now() + budget.seconds
    # Not looked up one by one: a key of the user's own might be asked whether it is equal.
    found = [(key, value) for key, value in list(dict.items(namespace)) if type(key) is str]
    waiting = sorted((pair for pair in found if pair[0] in names), key=lambda pair: pair[0])
    parts: dict[str, tuple[bool, bytes]] = {}
    lost: list[str] = []
    room = budget.size
    # A large value must not take the time of the small ones that come after it.
    for share in (limits.SNAPSHOT_FIRST_SHARE, 1.0):
        slow = []
        for name, value in waiting:
            try:
                limit = min(end, _now() + budget.seconds * share)
                part = _part(value, _Meter(budget.nodes, room - 4 * len(name), limit))
            except _TooSlow:
                slow.append((name, value))
            except BaseException:  # noqa: B902 - too deep, changed by a thread, memory is short
                lost.append(name)
            else:
                room -= len(part[1]) + 4 * len(name) + _FIXED_SIZE
                parts[name] = part
        waiting = slow
    lost += (name for name, _ in waiting)
    return Taken(_dumps(parts), sorted(parts), sorted(lost))


def _part(value: Any, meter: "_Meter") -> tuple[bool, bytes]:
    """Whether the value had to be converted, and its bytes."""
    begun = _now()
    if begun > meter.end:
        raise _TooSlow
    converted = False
    try:
        _check_native(value, meter)
    except _NotNative:
        value = _Converter(meter).convert(value, 0, False)
        converted = True
    # Writing takes a third of what looking took; of long texts only the length was looked at.
    now = _now()
    if now + (now - begun) / 3 + meter.paid / limits.SNAPSHOT_WRITE_RATE > meter.end:
        raise _TooSlow
    data = _dumps(value)
    if len(data) > meter.room:
        raise _Lost
    return converted, data


def load(data: bytes) -> dict[str, Any]:
    """The names and values of a snapshot."""
    parts = _loads(data)
    return {
        name: _restore(_loads(part), {}) if converted else _loads(part)
        for name, (converted, part) in parts.items()
    }


class _Meter:
    """What is left of a name's allowance."""

    def __init__(self, nodes: int, room: int, end: float) -> None:
        self.nodes, self.room, self.end = nodes, room, end
        self.paid = 0
        self._unchecked = 0

    def pay(self, nodes: int, size: int) -> None:
        """Raise where that is more than what is left."""
        self.nodes -= nodes
        self.paid += size
        if self.nodes < 0 or self.paid > self.room:
            raise _Lost
        self._unchecked += nodes
        if self._unchecked >= limits.SNAPSHOT_CHECK_NODES:
            self._unchecked = 0
            if _now() > self.end:
                raise _TooSlow


# --- values that marshal writes as they are ---


class _NotNative(Exception):
    """Something in the value needs a form of its own, or cannot go in at all."""


def _check_native(value: Any, meter: _Meter) -> None:
    """Raise unless marshal writes the value as it is.

    Goes level by level, in C loops for the most part. Distinct containers only: shared parts may
    double at every level. A cycle has no last level.
    """
    level: list[Any] = []
    _check_items(iter((value,)), meter, level)
    depth = 0
    while level:
        depth += 1
        if depth > limits.SNAPSHOT_DEPTH:
            raise _Lost
        below: list[Any] = []
        _check_items(_children(level, meter), meter, below)
        level = _distinct(below)


def _children(level: list[Any], meter: _Meter) -> Iterator[Any]:
    if sum(map(len, level)) > meter.nodes:
        raise _Lost
    dicts = [container for container in level if type(container) is dict]
    if not dicts:
        return chain.from_iterable(level)
    others = (container for container in level if type(container) is not dict)
    keys = chain.from_iterable(dicts)
    values = chain.from_iterable(map(dict.values, dicts))
    return chain(chain.from_iterable(others), keys, values)


def _check_items(items: Iterator[Any], meter: _Meter, containers: list[Any]) -> None:
    while True:
        some = list(islice(items, limits.SNAPSHOT_CHECK_NODES))
        if not some:
            return
        kinds = frozenset(map(id, map(type, some)))
        if not _NATIVE.issuperset(kinds):
            raise _NotNative
        meter.pay(len(some), _sizes(some, kinds))
        if not kinds.isdisjoint(_CONTAINERS):
            containers.extend(item for item in some if id(type(item)) in _CONTAINERS)


def _sizes(items: list[Any], kinds: frozenset[int]) -> int:
    """About the bytes that marshal needs for them, their own items apart; never less than half."""
    if _FIXED.issuperset(kinds):
        return _FIXED_SIZE * len(items)
    if kinds == _ONLY_INT and -_WORD <= min(items) and max(items) < _WORD:
        return 2 * _FIXED_SIZE * len(items)
    if kinds == _ONLY_BYTES or (kinds == _ONLY_STR and all(map(str.isascii, items))):
        return sum(map(len, items)) + 5 * len(items)
    return sum(map(_size_of, items))


def _distinct(containers: list[Any]) -> list[Any]:
    if len(containers) < 2:
        return containers
    return list({id(container): container for container in containers}.values())


# --- values that need a form ---


class _Converter:
    """Copies a value, with marked tuples for what marshal does not know. Confined to one name."""

    def __init__(self, meter: _Meter) -> None:
        self._meter = meter
        # With the originals, whose numbers would be given to others if they were dropped.
        self._done: dict[tuple[int, bool], tuple[Any, Any]] = {}
        self._layouts: dict[int, _Layout] = {}

    def convert(self, value: Any, depth: int, hashed: bool) -> Any:
        """`hashed`: it is to be a key or a set's element again, which a dict cannot be."""
        cls = type(value)
        if id(cls) in _ATOMS:
            self._meter.pay(1, _size_of(value))
            return value
        number = id(value)
        done = self._done.get((number, hashed))
        if done is not None:
            self._meter.pay(1, 1)
            return done[1]
        if depth > limits.SNAPSHOT_DEPTH:  # a cycle comes here too
            raise _Lost
        self._meter.pay(1, _FIXED_SIZE)
        form = self._container(value, cls, depth + 1, hashed)
        self._done[number, hashed] = (value, form)
        return form

    def _container(self, value: Any, cls: type, depth: int, hashed: bool) -> Any:
        if cls is tuple:
            return tuple(self._items(self._copied(value), depth, hashed))
        if cls is frozenset:
            return _MARK, "frozenset", self._items(self._copied(value), depth, True)
        for path, known in _PATHS.items():
            if cls is known:
                text = _path_text(value)
                self._meter.pay(1, len(text))
                return _MARK, path, text
        if hashed:
            raise _Lost
        if cls is list:
            return self._items(self._copied(value), depth, False)
        if cls is set:
            return _MARK, "set", self._items(self._copied(value), depth, True)
        if cls is bytearray:
            self._meter.pay(1, len(value))
            return _MARK, "bytearray", bytes(value)
        pairs = _items_of(value, cls, self._meter.nodes)
        return self._mapping(self._layout(cls).fields(value) if pairs is None else pairs, depth)

    def _layout(self, cls: type) -> "_Layout":
        layout = self._layouts.get(id(cls))
        if layout is None:
            layout = self._layouts[id(cls)] = _Layout(cls)
        return layout

    def _mapping(self, pairs: list[tuple[Any, Any]], depth: int) -> Any:
        keys = self._items([key for key, _ in pairs], depth, True)
        values = self._items([value for _, value in pairs], depth, False)
        if _ONLY_STR.issuperset(map(id, map(type, keys))):
            return dict(zip(keys, values))
        # Not made into a dict here, which would hash keys of whatever number and kind.
        return _MARK, "dict", (keys, values)

    def _copied(self, container: Collection[Any]) -> list[Any]:
        """Its items, which a thread may change meanwhile."""
        if len(container) > self._meter.nodes:
            raise _Lost
        return list(container)

    def _items(self, items: list[Any], depth: int, hashed: bool) -> list[Any]:
        if self._are_atoms(items):
            return items
        converted = []  # a loop, because a comprehension would take another frame a level
        for item in items:
            converted.append(self.convert(item, depth, hashed))
        return converted

    def _are_atoms(self, items: list[Any]) -> bool:
        for begin in range(0, len(items), limits.SNAPSHOT_CHECK_NODES):
            some = items[begin : begin + limits.SNAPSHOT_CHECK_NODES]
            kinds = frozenset(map(id, map(type, some)))
            if not _ATOMS.issuperset(kinds):
                return False
            self._meter.pay(len(some), _sizes(some, kinds))
        return True


def _items_of(value: Any, cls: type, most: int) -> Optional[list[tuple[Any, Any]]]:
    """The items of a mapping of the standard library, at most so many; None for anything else."""
    if cls is types.MappingProxyType:
        # Its methods would call those of what it shows, which may be of any class.
        (value,) = _referents(value)
    elif cls is UserDict:
        value = _instance_dict(value, _DESCRIPTOR_OF_USER_DICT).get("data")
    real = type(value)
    if real is dict or real is defaultdict or real is Counter or real is OrderedDict:
        if dict.__len__(value) > most:
            raise _Lost
        return _ordered_items(value) if real is OrderedDict else list(dict.items(value))
    if real is not cls:
        raise _Lost
    return None


def _ordered_items(value: OrderedDict[Any, Any]) -> list[tuple[Any, Any]]:
    # Its own order is found by hashing the keys, so they are looked at first, in the dict's order.
    for key in list(dict.keys(value)):
        if id(type(key)) in _ATOMS:
            continue
        if type(key) is not tuple or not _ATOMS.issuperset(map(id, map(type, key))):
            raise _Lost
    return list(OrderedDict.items(value))


def _instance_dict(value: Any, descriptor: Any) -> dict[str, Any]:
    data = _get_set(descriptor, value)
    if type(data) is not dict or not _has_only_str(data):
        raise _Lost
    return data


def _has_only_str(keys: Iterable[Any]) -> bool:
    """Whether looking up a `str` among the keys asks none of them."""
    return _ONLY_STR.issuperset(map(id, map(type, keys)))


class _Layout:
    """Where the instances of a dataclass keep their fields."""

    def __init__(self, cls: type) -> None:
        self._tables = [_table(base) for base in mro_of(cls) if base is not object]
        self._dict = self._find("__dict__")
        fields = self._find("__dataclass_fields__")
        if type(fields) is not dict or not _has_only_str(fields):
            raise _Lost
        self._class_attributes = {
            name: self._find(name)
            for name, field in fields.items()
            if type(field) is dataclasses.Field and _kind_of(field) is _FIELD
        }
        for attribute in self._class_attributes.values():
            if type(attribute) is not _MEMBER and _replaces_fields(attribute):
                raise _Lost

    def _find(self, name: str) -> Any:
        for table in self._tables:
            if name in table:
                return table[name]
        return _NOWHERE

    def fields(self, value: Any) -> list[tuple[str, Any]]:
        data = _instance_dict(value, self._dict) if type(self._dict) is _GETSET else {}
        found = []
        for name, attribute in self._class_attributes.items():
            if type(attribute) is _MEMBER:
                attribute = _get_member(attribute, value)
            elif name in data:
                attribute = data[name]
            found.append((name, attribute))
        return found


def _table(cls: type) -> Any:
    if not _FLAGS(cls) & _HEAP_TYPE:
        raise _Lost  # written in C, with contents that are no fields
    table = _CLASS_DICT(cls)
    if not _has_only_str(table):
        raise _Lost
    return table


def _replaces_fields(attribute: Any) -> bool:
    """Whether it is a property, or another object that would be asked for the field's value."""
    tables = map(_CLASS_DICT, mro_of(type(attribute)))
    return any(not _has_only_str(table) or "__set__" in table for table in tables)


# --- reading ---


def _restore(form: Any, done: dict[int, tuple[Any, Any]]) -> Any:
    """The value of a form: in place, so that what was shared is shared again."""
    cls = type(form)
    if cls is not list and cls is not dict and cls is not tuple:
        return form
    known = done.get(id(form))
    if known is not None:
        return known[1]
    value = form
    if cls is list:
        for index, item in enumerate(form):
            form[index] = _restore(item, done)
    elif cls is dict:
        for key, item in form.items():
            form[key] = _restore(item, done)
    elif form and form[0] is _MARK:
        value = _made(form[1], _restore(form[2], done))
    else:
        items = _restore(list(form), done)
        value = tuple(items)
    done[id(form)] = (form, value)  # the form too: its number must not be given to another
    return value


def _made(kind: str, content: Any) -> Any:
    if kind == "dict":
        return dict(zip(*content))
    return _MAKERS[kind](content)


_MAKERS: dict[str, Callable[[Any], Any]] = {
    "set": set,
    "frozenset": frozenset,
    "bytearray": bytearray,
    **_PATHS,
}
