"""Copies of the payload: one with its bytecode, to start runners from, and those with a part replaced, to see what happens without that part."""

from __future__ import annotations

import atexit
import compileall
import functools
import importlib.util
import os
import pathlib
import shutil
import tempfile
import unittest
import zipfile

from tests import SOURCES
from tests.support.tier import starts_a_runner


@functools.lru_cache(maxsize=None)
def compiled() -> pathlib.Path:
    """A copy with its bytecode, for all runners of this process: hundreds are started, and each would compile everything anew.

    A runner that is started from its zip, as in earnest, has a test of its own.
    """
    starts_a_runner()
    folder, owner = tempfile.mkdtemp(prefix="pyvisor-payload-"), os.getpid()
    payload = pathlib.Path(folder, "src")
    shutil.copytree(SOURCES, payload, ignore=shutil.ignore_patterns("__pycache__"))
    assert compileall.compile_dir(payload, quiet=1), f"the payload does not compile: {payload}"
    atexit.register(lambda: shutil.rmtree(folder) if os.getpid() == owner else None)
    return payload


def zipped(folder: str) -> pathlib.Path:
    """The payload as it is delivered."""
    found = pathlib.Path(folder, "runner.pyz")
    with zipfile.ZipFile(found, "w") as archive:
        for file in sorted(SOURCES.rglob("*.py")):
            archive.write(file, file.relative_to(SOURCES))
    return found


def patched(test: type[unittest.TestCase], module: str, old: str, new: str) -> pathlib.Path:
    """A copy of the payload, in which one line of a module reads differently; it goes when the test class is done."""
    folder = tempfile.mkdtemp(prefix="pyvisor-payload-")
    test.addClassCleanup(shutil.rmtree, folder)
    payload = pathlib.Path(folder, "src")
    shutil.copytree(compiled(), payload)
    patch(payload, module, old, new)
    return payload


def patch(payload: pathlib.Path, module: str, old: str, new: str) -> None:
    """One more line of a copy."""
    file = payload / "_runner" / f"{module}.py"
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{module}.py has {old!r} {text.count(old)} times"
    file.write_text(text.replace(old, new), encoding="utf-8")
    # Told by time and size only, the bytecode might pass for that of the new text.
    pathlib.Path(importlib.util.cache_from_source(str(file))).unlink(missing_ok=True)
