import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import json
import pathlib
import sys
import threading
import typing
import unittest
import uuid

from _runner import limits
from _runner.decoder import BadDocument, decode_text
from _runner.encoder import Encoder
from _runner.reprs import bounded_repr


def encode(value):
    encoder = Encoder()
    return json.loads(encoder.encode(value)), encoder


def form(value):
    return encode(value)[0]


def round_trip(value):
    encoder = Encoder()
    return decode_text(encoder.encode(value), encoder.attachments)


class Colour(enum.Enum):
    RED = "r"


class Level(enum.IntEnum):
    HIGH = 3


class Access(enum.Flag):
    READ = 1
    WRITE = 2


@dataclasses.dataclass
class Point:
    x: int
    y: object = None
    shared: typing.ClassVar[int] = 9


class City(typing.NamedTuple):
    name: str
    people: int


class Opaque:
    def __repr__(self):
        return "<an opaque thing>"


class RoundTrips(unittest.TestCase):
    VALUES = [
        None,
        True,
        0,
        -(2**63),
        2**63 - 1,
        2**63,
        -(2**63) - 1,
        10**400,
        1.5,
        -0.0,
        float("inf"),
        float("-inf"),
        "",
        "é漢😀",
        "lone \ud800 and \\udfff",
        "\ud83d\ude00",
        b"",
        b"\x00\xff",
        bytearray(b"ab"),
        (),
        (1, (2, [3])),
        [],
        [[], {}],
        {},
        {"a": [1, {"b": None}]},
        {"$py": "tuple"},
        {1: "a", (1, 2): "b", None: "c"},
        {"\ud800": 1},
        set(),
        {1, 2},
        frozenset("ab"),
        {frozenset({1})},
        1 + 2j,
        complex("nan+infj").imag,
        decimal.Decimal("1.50"),
        decimal.Decimal("Infinity"),
        fractions.Fraction(-1, 3),
        fractions.Fraction(10**40, 7),
        datetime.datetime(2026, 1, 2, 3, 4, 5, 6),
        datetime.datetime(2026, 1, 2, tzinfo=datetime.timezone.utc),
        datetime.datetime(
            2026,
            1,
            2,
            tzinfo=datetime.timezone(-datetime.timedelta(hours=3, minutes=30, seconds=1)),
        ),
        datetime.date(1, 1, 1),
        datetime.time(23, 59, 59, 999999),
        datetime.time(1, 2, tzinfo=datetime.timezone.utc),
        datetime.timedelta(days=-1, seconds=5, microseconds=7),
        uuid.UUID(int=5),
        pathlib.Path("/tmp/x"),
    ]

    def test_an_object_with_a_form_of_its_own_comes_back_equal_and_of_its_type(self):
        for value in self.VALUES:
            with self.subTest(value=value):
                back = round_trip([value])[0]
                self.assertEqual(back, value)
                self.assertIs(type(back), type(value))

    def test_a_nan_comes_back_as_a_nan(self):
        back = round_trip([float("nan"), 1])
        self.assertNotEqual(back[0], back[0])

    def test_a_memoryview_comes_back_even_if_it_was_not_contiguous(self):
        back = round_trip(memoryview(b"abcdef")[::2])
        self.assertIsInstance(back, memoryview)
        self.assertEqual(bytes(back), b"ace")

    def test_attachments_are_numbered_in_order(self):
        document, encoder = encode([b"a", {"k": b"b"}])
        self.assertEqual(
            document, [{"$py": "bytes", "attachment": 0}, {"k": {"$py": "bytes", "attachment": 1}}]
        )
        self.assertEqual(encoder.attachments, [b"a", b"b"])

    def test_times_as_java_writes_them_are_read(self):
        utc = datetime.timezone.utc
        for iso, wanted in (
            ("2026-01-02T03:04Z", datetime.datetime(2026, 1, 2, 3, 4, tzinfo=utc)),
            (
                "2026-01-02T03:04:05.123456789Z",
                datetime.datetime(2026, 1, 2, 3, 4, 5, 123456, tzinfo=utc),
            ),
            ("2026-01-02T03:04:05", datetime.datetime(2026, 1, 2, 3, 4, 5)),
        ):
            self.assertEqual(
                decode_text(json.dumps({"$py": "datetime", "iso": iso}).encode()), wanted
            )

    def test_a_bad_document_is_refused_by_name(self):
        for text in (
            b"",
            b"[1",
            b"[1] 2",
            b'{"$py":"int","hex":"zz"}',
            b'{"$py":"bytes","attachment":0}',
            b'{"$py":"set"}',
            b'{"$py":"float","value":"1"}',
            b'{"$py":"datetime","iso":"x"}',
            b"[" * 100_000,
            b"[" * 101 + b'{"$py":"set","items":[]}' + b"]" * 101,
            b"\xff",
        ):
            with self.subTest(text=text[:30]), self.assertRaises(BadDocument):
                decode_text(text)

    def test_what_only_describes_an_object_stays_a_dict(self):
        self.assertEqual(
            round_trip(Point(1, (2,))),
            {"$py": "object", "type": f"{__name__}.Point", "fields": {"x": 1, "y": (2,)}},
        )


class Forms(unittest.TestCase):
    def test_subclasses_take_the_form_of_their_base(self):
        class Text(str):
            def __str__(self):
                return "a lie"

        class Numbers(list):
            def __iter__(self):
                return iter([6, 6, 6])

            def __len__(self):
                return 10**9

        class Table(dict):
            def items(self):
                raise OSError

            def __iter__(self):
                raise OSError

        ordered = collections.OrderedDict(a=1, b=2)
        ordered.move_to_end("a")
        for value, wanted in (
            (Text("x"), "x"),
            (Numbers([1, 2]), [1, 2]),
            (Table(a=1), {"a": 1}),
            (Level.HIGH, 3),
            (collections.defaultdict(int, a=1), {"a": 1}),
            (collections.Counter("aa"), {"a": 2}),
        ):
            with self.subTest(value=type(value)):
                self.assertEqual(form(value), wanted)
        self.assertEqual(list(form(ordered)), ["b", "a"])

    def test_objects_with_fields(self):
        name = f"{__name__}."
        self.assertEqual(
            form(Colour.RED), {"$py": "enum", "type": name + "Colour", "name": "RED", "value": "r"}
        )
        self.assertEqual(form(Access.READ | Access.WRITE)["value"], 3)
        self.assertEqual(form(Point(1))["fields"], {"x": 1, "y": None})
        self.assertEqual(
            form(City("Rome", 3)),
            {"$py": "object", "type": name + "City", "fields": {"name": "Rome", "people": 3}},
        )
        self.assertEqual(
            form(ValueError("bad", {1})),
            {
                "$py": "exception",
                "type": "builtins.ValueError",
                "message": "('bad', {1})",
                "args": ["bad", {"$py": "set", "items": [1]}],
            },
        )

    def test_anything_else_is_opaque(self):
        self.assertEqual(
            form(Opaque()),
            {"$py": "opaque", "type": f"{__name__}.Opaque", "repr": "<an opaque thing>"},
        )
        for value in (
            lambda: 1,
            Point,
            json,
            object(),
            iter([]),
            (x for x in ()),
            NotImplemented,
            ...,
        ):
            with self.subTest(value=value):
                self.assertEqual(form([value])[0]["$py"], "opaque")

    def test_sets_are_sorted_where_they_can_be(self):
        self.assertEqual(form(set("bca"))["items"], ["a", "b", "c"])
        self.assertEqual(len(form({1, "a", None})["items"]), 3)

    def test_an_object_inside_itself_is_a_cycle_and_a_shared_one_is_not(self):
        loop = [1]
        loop.append(loop)
        self.assertEqual(form(loop), [1, {"$py": "cycle", "type": "builtins.list"}])
        shared = (1,)
        self.assertEqual(form([shared, shared])[0], form([shared, shared])[1])


class Hostile(unittest.TestCase):
    def test_an_object_that_raises_whatever_is_asked_of_it_is_delivered(self):
        class Meta(type):
            def __hash__(cls):
                raise SystemExit("meta")

            def __getattribute__(cls, name):
                raise KeyboardInterrupt

        class Awful(metaclass=Meta):
            def __getattribute__(self, name):
                raise SystemExit(name)

            __repr__ = __str__ = __hash__ = __eq__ = __len__ = __iter__ = __getattribute__

        for value in (Awful(), [Awful()], {"k": (Awful(), 1)}):
            text = Encoder().encode(value)
            self.assertIn(b'"opaque"', text)

    def test_fields_that_cannot_be_read_make_the_object_opaque(self):
        @dataclasses.dataclass
        class Broken:
            x: int

            def __getattribute__(self, name):
                if name == "x":
                    raise SystemExit("no")
                return object.__getattribute__(self, name)

        self.assertEqual(form([Broken(1)])[0]["$py"], "opaque")

    def test_nesting_is_cut_within_the_depth_of_json(self):
        for wrap in (
            lambda v: [v],
            lambda v: (v,),
            lambda v: {1: v},
            lambda v: {"a": v},
            lambda v: Point(v),
        ):
            value = 1
            for _ in range(5000):
                value = wrap(value)
            text = Encoder().encode(value)
            self.assertIn(b'"reason":"depth"', text)
            self.assertLessEqual(_depth(json.loads(text)), limits.DOCUMENT_DEPTH)

    def test_shared_parts_that_multiply_are_cut_by_size(self):
        for leaf in ([1], [(1,)]):
            value = leaf
            for _ in range(60):
                value = [value, value]
            encoder = Encoder()
            encoder._nodes = 10_000
            encoder._room = 100_000
            text = encoder.encode(value)
            self.assertTrue(encoder.too_large)
            self.assertLess(len(text), 10_000_000)

    def test_a_large_string_many_times_is_cut_before_it_is_written(self):
        encoder = Encoder()
        text = encoder.encode([["x" * 2**20] * 1000, (1,)])
        self.assertTrue(encoder.too_large)
        self.assertLess(len(text), limits.MESSAGE + 1_000_000)

    def test_more_attachments_than_a_message_may_have_are_cut(self):
        encoder = Encoder()
        encoder.encode([b"a"] * (limits.ATTACHMENTS + 1))
        self.assertEqual(len(encoder.attachments), limits.ATTACHMENTS)
        self.assertTrue(encoder.too_large)

    def test_texts_and_ints_beyond_a_message_are_cut(self):
        for value in (
            "x" * (limits.MESSAGE + 1),
            1 << (limits.MESSAGE * 5),
            b"x" * (limits.MESSAGE + 1),
        ):
            encoder = Encoder()
            self.assertLess(len(encoder.encode(value)), 1000)
            self.assertTrue(encoder.too_large)

    def test_a_list_that_another_thread_changes_is_still_encoded(self):
        shared, done = [], threading.Event()

        def grow():
            while not done.is_set():
                shared.append({"k": (len(shared),)})
                if len(shared) > 50:
                    shared.clear()

        thread = threading.Thread(target=grow)
        thread.start()
        try:
            for _ in range(300):
                json.loads(Encoder().encode(shared))
        finally:
            done.set()
            thread.join()

    def test_a_patched_builtin_or_json_changes_nothing(self):
        import builtins

        kept = {
            name: getattr(builtins, name)
            for name in ("len", "isinstance", "type", "min", "sum", "set")
        }
        dumps = json.dumps, json.JSONEncoder.encode
        try:
            for name in kept:
                setattr(builtins, name, None)
            json.dumps = json.JSONEncoder.encode = None
            text = Encoder().encode({"a": [1, 2.5, "x"]})
        finally:
            for name, value in kept.items():
                setattr(builtins, name, value)
            json.dumps, json.JSONEncoder.encode = dumps
        self.assertEqual(text, b'{"a":[1,2.5,"x"]}')


class Reprs(unittest.TestCase):
    def test_a_repr_is_bounded_without_writing_the_whole_container(self):
        class Counting:
            calls = 0

            def __repr__(self):
                Counting.calls += 1
                return "x" * 10

        text = bounded_repr([Counting()] * 100_000)
        self.assertEqual(len(text), limits.REPR)
        self.assertTrue(text.endswith("..."))
        self.assertLess(Counting.calls, 1000)

    def test_small_things_look_as_they_always_do(self):
        for value in (
            [1, (2,), (), {"a": {1}}, set(), frozenset({3}), "x'", b"y", None],
            {},
            (1, 2),
            10**50,
        ):
            self.assertEqual(bounded_repr(value), repr(value))

    def test_a_huge_int_needs_no_decimal_digits(self):
        self.assertTrue(bounded_repr(1 << 10_000_000).startswith("0x"))
        self.assertTrue(bounded_repr(10**4500).startswith("0x"))


class Numpy(unittest.TestCase):
    def setUp(self):
        try:
            import numpy
        except ImportError:
            self.skipTest(f"numpy is not installed for {sys.executable}")
        self.np = numpy

    def test_arrays_keep_type_shape_and_bytes_in_c_order(self):
        for array in (
            self.np.arange(6, dtype=">i4").reshape(2, 3).T,
            self.np.array(5.0),
            self.np.zeros((0, 3)),
            self.np.array(["a", "bc"]),
            self.np.array(["2026-01-01"], "M8[D]"),
            self.np.ma.array([1, 2], mask=[0, 1]),
        ):
            document, encoder = encode(array)
            self.assertEqual(document["$py"], "ndarray")
            back = self.np.frombuffer(encoder.attachments[0], document["dtype"]).reshape(
                document["shape"]
            )
            self.assertEqual(back.tolist(), self.np.asarray(array).tolist())

    def test_other_arrays_are_opaque(self):
        for array in (self.np.array([object()]), self.np.zeros(2, [("a", int)])):
            self.assertEqual(form(array)["$py"], "opaque")

    def test_scalars_take_the_form_of_their_equivalent(self):
        np = self.np
        for value, wanted in (
            (np.int32(5), 5),
            (np.uint64(2**64 - 1), {"$py": "int", "hex": "0x" + "f" * 16}),
            (np.float32(0.5), 0.5),
            (np.float64("nan"), {"$py": "float", "value": "nan"}),
            (np.bool_(True), True),
            (np.str_("x"), "x"),
            (np.longdouble(1.5), 1.5),
            (np.complex64(1j), {"$py": "complex", "real": 0.0, "imag": 1.0}),
            (np.datetime64("2026-01-02"), {"$py": "date", "iso": "2026-01-02"}),
        ):
            with self.subTest(value=value):
                self.assertEqual(form([value]), [wanted])


class Pydantic(unittest.TestCase):
    def test_models_show_their_fields(self):
        try:
            import pydantic
        except ImportError:
            self.skipTest(f"pydantic is not installed for {sys.executable}")

        class Model(pydantic.BaseModel):
            x: int

        self.assertEqual(form(Model(x=1))["fields"], {"x": 1})


def _depth(value):
    deepest, level = 0, [value]
    while level:
        deepest += any(isinstance(item, (list, dict)) for item in level)
        level = [
            inner
            for item in level
            if isinstance(item, (list, dict))
            for inner in (item.values() if isinstance(item, dict) else item)
        ]
    return deepest


if __name__ == "__main__":
    unittest.main()
