"""The forms of objects that a cell displays."""

import unittest

from . import PROTOCOL  # noqa: F401 - finds the sources

from _runner.display import forms

PNG = b"\x89PNG\r\n\x1a\n" + bytes(4)


class Rich:
    def __repr__(self) -> str:
        return "rich"

    def _repr_html_(self) -> str:
        return "<p>"

    def _repr_png_(self) -> tuple:  # type: ignore[type-arg]
        return PNG, {"width": 1}

    def _repr_json_(self) -> dict:  # type: ignore[type-arg]
        return {"a": [1]}

    def _repr_latex_(self) -> None:
        return None

    def _repr_svg_(self) -> str:
        raise RuntimeError("no picture")


class FormsTest(unittest.TestCase):
    def test_everything_has_text(self) -> None:
        self.assertEqual(forms(7), {"text/plain": "7"})
        self.assertEqual(forms("é"), {"text/plain": "é"})

    def test_an_object_is_asked_for_its_forms_and_what_fails_or_is_none_is_left_out(self) -> None:
        self.assertEqual(
            forms(Rich()),
            {"text/plain": "rich", "text/html": "<p>", "image/png": PNG, "application/json": {"a": [1]}},
        )

    def test_a_class_is_not_asked_for_the_forms_of_its_objects(self) -> None:
        self.assertEqual(list(forms(Rich)), ["text/plain"])

    def test_a_bundle_has_the_first_word(self) -> None:
        class Bundle(Rich):
            def _repr_mimebundle_(self, include=None, exclude=None):  # type: ignore[no-untyped-def]
                return {"text/html": "<i>", "text/x-own": "own", "text/markdown": None}, {}

        found = forms(Bundle())
        self.assertEqual((found["text/html"], found["text/x-own"]), ("<i>", "own"))
        self.assertNotIn("text/markdown", found)
        self.assertEqual(found["image/png"], PNG)

    def test_bytes_that_are_an_image_are_one(self) -> None:
        self.assertEqual(forms(PNG)["image/png"], PNG)
        self.assertEqual(forms(bytearray(b"\xff\xd8\xff1"))["image/jpeg"], b"\xff\xd8\xff1")
        self.assertEqual(list(forms(b"GIF")), ["text/plain"])

    def test_a_figure_draws_itself(self) -> None:
        class Figure:
            def savefig(self, into, format, bbox_inches):  # type: ignore[no-untyped-def]
                into.write(PNG + format.encode())

        Figure.__module__ = "matplotlib.figure"
        self.assertEqual(forms(Figure())["image/png"], PNG + b"png")
        Figure.__module__ = "elsewhere"
        self.assertNotIn("image/png", forms(Figure()))

    def test_an_interrupt_is_no_failure_of_a_form(self) -> None:
        class Interrupted:
            def _repr_html_(self) -> str:
                raise KeyboardInterrupt

        with self.assertRaises(KeyboardInterrupt):
            forms(Interrupted())


if __name__ == "__main__":
    unittest.main()
