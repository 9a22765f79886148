"""The plain-data snapshot: what it keeps, what it will not touch, and that it is bounded."""

from __future__ import annotations

import dataclasses
import enum
import itertools
import os
import pathlib
import textwrap
import threading
import time
import types
import typing
import unittest
from collections import Counter, OrderedDict, UserDict, defaultdict, namedtuple
from typing import Any

from _runner import limits
from _runner.snapshot import Budget, load, take
from tests.support.tier import not_on_each

setUpModule = not_on_each


PATIENT = Budget(seconds=10)  # where time is not what is tested


def kept(value: Any) -> Any:
    """The value as it comes back."""
    taken = take({"x": value}, ["x"], PATIENT)
    assert (taken.restored, taken.lost) == (["x"], []), f"lost: {type(value)}"
    return load(taken.data)["x"]


def nested(depth: int, around: Any = 0) -> Any:
    for _ in range(depth):
        around = [around]
    return around


class KeptTest(unittest.TestCase):
    def assert_same(self, value: Any) -> None:
        found = kept(value)
        self.assertEqual(found, value)
        self.assertIs(type(found), type(value))

    def test_scalars_are_restored(self) -> None:  # rule: C73
        for value in (None, True, 0, -(2**200), 1.5, 2j, "é\ud800😀", b"\0\xff", float("inf")):
            with self.subTest(value):
                self.assert_same(value)
        self.assertNotEqual(kept(float("nan")), kept(float("nan")))

    def test_containers_are_restored(self) -> None:  # rule: C73
        for value in (
            [], (), {}, set(), frozenset(), [1, "a", [2.0, None]], (1, (2,)), {1, "a", (2, 3)},
            frozenset((frozenset((1,)),)), {"a": 1, 2: [3], None: {}, (1, "x"): b""},
            bytearray(b"ab"), [bytearray(b"a"), {1: bytearray()}, {bytes(2): frozenset((1,))}],
        ):  # fmt: skip
            with self.subTest(value):
                self.assert_same(value)

    def test_a_path_is_restored_as_a_usable_path(self) -> None:  # rule: C76
        for value in (
            pathlib.Path("/app/model.xml"), pathlib.PurePosixPath("a"), pathlib.PureWindowsPath("C:\\a"),
            {pathlib.Path("k"): [pathlib.Path("v")]}, {pathlib.Path("in a set")}, (pathlib.Path(),),
        ):  # fmt: skip
            with self.subTest(value):
                self.assert_same(value)
        self.assertEqual(str(kept(pathlib.Path("/app")) / "child.txt"), "/app/child.txt")

    def test_mappings_become_dicts_in_their_own_order(self) -> None:  # rule: C73, C75
        ordered = OrderedDict.fromkeys("abc")
        ordered.move_to_end("a")
        for value, expected in (
            (ordered, {"b": None, "c": None, "a": None}),
            (Counter("aab"), {"a": 2, "b": 1}),
            (defaultdict(list, {1: [2]}), {1: [2]}),
            (UserDict({"threshold": 0.6, "labels": ("fast", "exact")}),
             {"threshold": 0.6, "labels": ("fast", "exact")}),
            (types.MappingProxyType({"a": (1,)}), {"a": (1,)}),
            (types.MappingProxyType(ordered), {"b": None, "c": None, "a": None}),
        ):  # fmt: skip
            with self.subTest(type(value)):
                found = kept(value)
                self.assertIs(type(found), dict)
                self.assertEqual(list(found.items()), list(expected.items()))

    def test_dataclasses_become_dicts_of_their_fields(self) -> None:  # rule: C73
        @dataclasses.dataclass
        class Summary:
            name: str
            scores: list
            root: pathlib.Path = pathlib.Path("a")
            unset: int = dataclasses.field(default=7, init=False)
            shared: typing.ClassVar[int] = 9

        @dataclasses.dataclass(frozen=True)
        class Slotted:
            __slots__ = ("a", "inner")
            a: int
            inner: Any

        T = typing.TypeVar("T")

        @dataclasses.dataclass
        class Generic(Summary, typing.Generic[T]):
            more: int = 0

        plain = {"name": "mjcf", "scores": [1, 2], "root": pathlib.Path("a"), "unset": 7}
        self.assertEqual(kept(Summary("mjcf", [1, 2])), plain)
        self.assertEqual(kept(Generic("mjcf", [1, 2])), {**plain, "more": 0})
        self.assertEqual(kept([Slotted(1, Slotted(2, ()))]), [{"a": 1, "inner": {"a": 2, "inner": ()}}])

    def test_shared_parts_stay_shared_and_do_not_multiply(self) -> None:
        for bottom in ([1], [bytearray(b"x")]):
            value = bottom
            for _ in range(80):
                value = [value, value]
            found = kept(value)
            self.assertIs(found[0], found[1])
            self.assertLess(len(take({"x": value}, ["x"], PATIENT).data), 10_000)

    def test_each_name_is_kept_or_lost_by_itself_and_both_lists_are_sorted(self) -> None:  # rule: C75
        namespace = {"z": 1, "b": object(), "a": [2], "c": len, "unasked": 3}
        taken = take(namespace, ["z", "c", "b", "a", "absent"], PATIENT)
        self.assertEqual((taken.restored, taken.lost), (["a", "z"], ["b", "c"]))
        self.assertEqual(load(taken.data), {"a": [2], "z": 1})

    def test_only_the_names_that_were_asked_for_are_taken(self) -> None:  # rule: C79
        namespace = {"__builtins__": {}, "tool": len, "x": 1}
        self.assertEqual(load(take(namespace, ["x"], PATIENT).data), {"x": 1})

    def test_later_changes_do_not_reach_it(self) -> None:  # rule: C77
        namespace = {"x": [1, [bytearray(b"a")]], "y": [1]}
        taken = take(namespace, namespace, PATIENT)
        namespace["x"][1][0] += b"changed"
        namespace["y"].append(2)
        self.assertEqual(load(taken.data), {"x": [1, [bytearray(b"a")]], "y": [1]})


class Traps:
    """Every hook that looking at an object could call."""

    called: typing.List[str] = []

    def _trap(name: str) -> Any:  # noqa: N805
        def hook(self: Any, *args: Any, **kwargs: Any) -> Any:
            Traps.called.append(name)
            raise ZeroDivisionError(name)

        return hook

    __reduce__, __reduce_ex__, __getstate__ = _trap("reduce"), _trap("reduce_ex"), _trap("getstate")
    __iter__, __len__, __eq__, __bool__ = _trap("iter"), _trap("len"), _trap("eq"), _trap("bool")
    __getattr__, __getattribute__ = _trap("getattr"), _trap("getattribute")
    __repr__, __str__, __sizeof__ = _trap("repr"), _trap("str"), _trap("sizeof")
    __buffer__, __index__, __fspath__ = _trap("buffer"), _trap("index"), _trap("fspath")
    keys, items, copy = _trap("keys"), _trap("items"), _trap("copy")
    __class__ = property(_trap("class"))  # type: ignore[assignment]
    __dict__ = property(_trap("dict"))  # type: ignore[assignment]

    def __hash__(self) -> int:
        Traps.called.append("hash")
        return 1


class Meta(type):
    def __hash__(cls) -> int:
        Traps.called.append("meta hash")
        return 1

    def __eq__(cls, other: object) -> bool:
        Traps.called.append("meta eq")
        return True

    def __instancecheck__(cls, value: Any) -> bool:
        Traps.called.append("instancecheck")
        return True


class Odd(Traps, metaclass=Meta):
    pass


class HooksTest(unittest.TestCase):  # rule: C74
    def assert_lost(self, *values: Any) -> None:
        for value in values:
            Traps.called.clear()
            taken = take({"x": value, "good": 1}, ["x", "good"], PATIENT)
            called = list(Traps.called)
            with self.subTest(type(value).__name__):
                self.assertEqual((taken.restored, taken.lost, called), (["good"], ["x"], []))

    def test_no_hook_of_a_foreign_object_is_called(self) -> None:
        trap, odd = Traps(), Odd()
        self.assert_lost(
            trap, odd, Traps, Odd, [trap], (1, trap), {"a": {"b": odd}}, {odd: 1}, {trap}, {1: odd},
            OrderedDict([(odd, 1)]), OrderedDict([((1, odd), 1)]), defaultdict(int, {1: odd}),
            UserDict({1: trap}), types.MappingProxyType({1: trap}), frozenset((trap,)),
            [pathlib.Path(), trap],
        )  # fmt: skip

    def test_a_class_of_the_standard_library_that_was_subclassed_is_foreign(self) -> None:
        class Hooked(Traps, dict):
            pass

        class Text(str):
            __str__ = Traps.__str__

        class Where(type(pathlib.Path())):  # type: ignore[misc]
            __str__ = __fspath__ = Traps.__str__

        class User(UserDict):
            pass

        text = Text("a")
        self.assert_lost(
            Hooked(), types.MappingProxyType(Hooked()), [text], {1: text}, Where("a"), User(a=1), {text: 1}
        )
        user = UserDict()
        user.data = Hooked()
        self.assert_lost(user)

    def test_a_dataclass_is_read_past_its_own_attributes(self) -> None:
        @dataclasses.dataclass
        class Hooked:
            a: int
            b: int = 0

            def __getattribute__(self, name: str) -> Any:
                Traps.called.append(name)
                raise ZeroDivisionError

        @dataclasses.dataclass
        class Derived:
            a: int

        Derived.a = property(Traps.__str__)  # type: ignore[assignment]

        @dataclasses.dataclass(init=False)
        class NoDict:
            a: int
            __dict__ = property(Traps.__str__)  # type: ignore[assignment]

        @dataclasses.dataclass(init=False)
        class Full(list):
            a: int = 1

        Traps.called.clear()
        self.assertEqual(kept(Hooked(1)), {"a": 1, "b": 0})
        self.assertEqual(Traps.called, [])
        derived = object.__new__(Derived)
        vars(derived)["a"] = 1
        missing = object.__new__(Hooked)
        odd_keys = Hooked(1)
        dict.__setitem__(object.__getattribute__(odd_keys, "__dict__"), Odd(), 1)
        self.assert_lost(derived, NoDict(), Full(), [missing], odd_keys)

    def test_everything_else_is_lost(self) -> None:  # rule: C73
        class Level(enum.IntEnum):
            LOW = 1

        point = namedtuple("point", "x")
        with open(os.devnull, "rb") as file:
            self.assert_lost(
                Level.LOW, [Level.LOW], point(1), file, (i for i in ()), len, os, Level, ..., StopIteration,
                compile("1", "f", "eval"), memoryview(b"a"), [memoryview(b"a")], range(3), iter([]),
                threading.Lock(), NotImplemented, {1: ...}, (..., "set", [1]), lambda: 1,
            )  # fmt: skip

    def test_what_only_looks_like_a_buffer_is_lost(self) -> None:
        import array
        import ctypes
        import mmap

        with mmap.mmap(-1, 10) as mapped:
            self.assert_lost(array.array("d", [1]), [array.array("d")], (ctypes.c_int * 3)(), mapped)

    def test_cycles_are_lost_whole(self) -> None:  # rule: C77
        own: list = []
        own.append(own)
        first: dict = {}
        first["second"] = [first]
        through_bytes: list = [bytearray()]
        through_bytes.append({"a": (through_bytes,)})
        key: list = []
        inside = (1, key)
        key.append(inside)
        self.assert_lost(own, first, through_bytes, inside, [[own]])

    def test_a_container_with_one_unsafe_element_is_lost_whole(self) -> None:  # rule: C77
        self.assert_lost([1, 2, object()], {"a": [1, {"b": object()}]}, [bytearray(), [1, {2: print}]])

    def test_a_dict_that_stood_for_a_key_cannot_be_one(self) -> None:
        @dataclasses.dataclass(frozen=True)
        class Key:
            a: int

        key = Key(1)
        self.assert_lost({key: 1}, {key}, {(1, key)}, [key, {key: 1}])


class BoundsTest(unittest.TestCase):
    def test_what_is_too_large_is_lost_and_the_rest_kept(self) -> None:
        large = {
            "a_text": "x" * (limits.SNAPSHOT_BYTES + 1),
            "b_bytes": bytearray(limits.SNAPSHOT_BYTES + 1),
            "c_number": 1 << (9 * limits.SNAPSHOT_BYTES),
            "d_many": [None] * (limits.SNAPSHOT_NODES + 1),
            "e_nested": [[i] for i in range(limits.SNAPSHOT_NODES // 2 + 1)],
            "f_forms": [bytearray() for _ in range(limits.SNAPSHOT_NODES // 2 + 1)],
            "g_wide": "\ud800" * (limits.SNAPSHOT_BYTES // 2),
            "h_written_wider": "é" * (limits.SNAPSHOT_BYTES * 5 // 8),
            "z_small": [1],
        }
        taken = take(large, large, PATIENT)
        self.assertEqual(taken.restored, ["z_small"])
        self.assertEqual(len(taken.lost), 8)
        self.assertLessEqual(len(taken.data), limits.SNAPSHOT_BYTES)

    def test_the_bound_holds_for_all_names_together(self) -> None:
        part = "x" * (limits.SNAPSHOT_BYTES // 3)
        namespace = {"a": part, "b": [part], "c": [bytearray(part, "ascii")], "d": 1}
        taken = take(namespace, "abcd", PATIENT)
        self.assertEqual((taken.restored, taken.lost), (["a", "b", "d"], ["c"]))
        self.assertLessEqual(len(taken.data), limits.SNAPSHOT_BYTES)

    def test_a_large_value_does_not_take_the_time_of_the_small_ones(self) -> None:
        slow = [[bytearray()] for _ in range(300_000)]
        namespace = {"a": slow, **{f"b{i}": [i] for i in range(200)}}
        taken = take(namespace, namespace, Budget(seconds=0.3))
        self.assertEqual((len(taken.restored), taken.lost), (200, ["a"]))

    def test_no_time_means_all_lost(self) -> None:
        taken = take({"a": 1, "b": 2}, "ab", Budget(seconds=-1))
        self.assertEqual((taken.restored, taken.lost, load(taken.data)), ([], ["a", "b"], {}))

    def test_time_bounds_it_however_the_work_is_spread(self) -> None:  # rule: W18
        """Twenty times the allowance: only work that is not bounded takes longer."""
        spread = {f"n{i}": {"a": i} for i in range(50_000)}
        forms = {"x": [[bytearray()] for _ in range(300_000)]}
        native = {"x": [[{"a": (i,)}] for i in range(300_000)]}
        text = {"x": "x" * (limits.SNAPSHOT_BYTES - 100)}
        for namespace in (spread, forms, native, text):
            begun = time.thread_time()
            taken = take(namespace, namespace)
            self.assertLess(time.thread_time() - begun, 20 * limits.SNAPSHOT_SECONDS)
            self.assertTrue(taken.lost)

    def test_depth_is_bounded_by_loss(self) -> None:  # rule: C77
        fits, deep = nested(limits.SNAPSHOT_DEPTH - 1), nested(limits.SNAPSHOT_DEPTH + 1)
        form = nested(limits.SNAPSHOT_DEPTH - 1, {1: bytearray(b"a")})
        below = [bytearray(), deep]
        namespace = {"a": fits, "b": deep, "c": nested(500_000), "d": form, "e": below}
        taken = take(namespace, namespace, PATIENT)
        self.assertEqual((taken.restored, taken.lost), (["a", "d"], ["b", "c", "e"]))
        self.assertEqual(load(taken.data), {"a": fits, "d": form})

    def test_other_threads_may_change_what_it_looks_at(self) -> None:
        shared: dict = {"list": [1] * 1000, "dict": {i: [i] for i in range(1000)}, "odd": {1: bytearray(b"a")}}
        ending = threading.Event()

        def change() -> None:
            for i in itertools.count():
                if ending.is_set():
                    return
                shared["dict"][i + 1000] = [i]
                shared["dict"].pop(i, None)
                shared["odd"][i] = bytearray(b"b")
                shared["odd"].pop(i - 5, None)

        thread = threading.Thread(target=change)
        thread.start()
        try:
            for _ in range(50):
                taken = take(shared, shared, PATIENT)
                self.assertEqual(sorted(taken.restored + taken.lost), ["dict", "list", "odd"])
                self.assertEqual(sorted(load(taken.data)), taken.restored)
        finally:
            ending.set()
            thread.join()


class InAKernelTest(unittest.TestCase):
    def test_users_patches_do_not_reach_it(self) -> None:
        from tests.support.kernels import KernelHost

        code = """
            import builtins, collections, dataclasses, pathlib
            called = []
            def trap(*args, **kwargs): called.append(args); raise ZeroDivisionError
            class Patched:
                def __init__(self, *args): raise ZeroDivisionError
            x, y, z = [1, {'a': (2,)}], collections.Counter('a'), {1: bytearray(b'b')}
            where = pathlib.Path('a')
            from _runner import snapshot
            collections.Counter.__iter__ = collections.Counter.items = trap
            pathlib.PurePath.__str__ = trap
            print(snapshot.take(globals(), ['where']).restored)
            saved = dict(vars(builtins))
            for name in ('len', 'dict', 'type', 'id', 'list', 'isinstance', 'sorted', 'map', 'tuple'):
                setattr(builtins, name, Patched)
            taken = snapshot.take(globals(), ['x', 'y', 'z'])
            vars(builtins).update(saved)
            print(taken.restored, taken.lost, called)
            """
        with KernelHost() as host:
            done = host.execute(textwrap.dedent(code))
        self.assertEqual((done.outcome, done.out), ("completed", "['where']\n['x', 'y', 'z'] [] []\n"), done.error)


if __name__ == "__main__":
    unittest.main()
