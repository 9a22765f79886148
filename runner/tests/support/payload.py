"""The payload with a part of it replaced, to see what happens without that part."""

from __future__ import annotations

import pathlib
import shutil
import tempfile
import unittest

from tests import SOURCES


def patched(test: type[unittest.TestCase], module: str, old: str, new: str) -> pathlib.Path:
    """A copy of the payload, in which one line of a module reads differently; it goes when the test class is done."""
    folder = tempfile.mkdtemp(prefix="pyvisor-payload-")
    test.addClassCleanup(shutil.rmtree, folder)
    payload = pathlib.Path(folder, "src")
    shutil.copytree(SOURCES, payload, ignore=shutil.ignore_patterns("__pycache__"))
    patch(payload, module, old, new)
    return payload


def patch(payload: pathlib.Path, module: str, old: str, new: str) -> None:
    """One more line of a copy."""
    file = payload / "_runner" / f"{module}.py"
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{module}.py has {old!r} {text.count(old)} times"
    file.write_text(text.replace(old, new), encoding="utf-8")
