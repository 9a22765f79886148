"""The sans-I/O modules do no I/O: their imports are read, not trusted."""

from __future__ import annotations

import ast
import unittest

from tests import SOURCES
from tests.support.tier import not_on_each

setUpModule = not_on_each

PURE = ("frames", "messages", "rpc", "session", "credit", "limits", "errors", "pristine", "jsontext", "verdicts",
        "websocket", "records", "given_up", "upgrade", "link", "attaching", "absence", "heartbeat")
ALLOWED = {
    "__future__", "base64", "binascii", "builtins", "collections", "dataclasses", "enum", "hashlib", "hmac", "itertools",
    "json", "re", "struct", "time", "typing", "zlib",
}  # fmt: skip


def imports(module: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse((SOURCES / "_runner" / f"{module}.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level:
            found |= {node.module} if node.module else {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


class LayersTest(unittest.TestCase):
    def test_pure_modules_import_pure_modules_only(self) -> None:
        for module in PURE:
            with self.subTest(module):
                self.assertLessEqual(imports(module), ALLOWED | set(PURE))

    def test_the_supervisor_imports_nothing_of_the_kernel(self) -> None:
        for module in ("supervisor", "kernels", "loop", "channel", "session"):
            with self.subTest(module):
                self.assertFalse(imports(module) & {"kernel", "cells", "tools", "capture", "encoder", "decoder"})

    def test_nothing_that_the_supervisor_loads_makes_objects_of_what_a_guest_wrote(self) -> None:  # rule: W17
        loaded: set[str] = set()
        waiting = {"supervisor"}
        while waiting:
            name = waiting.pop()
            loaded.add(name)
            waiting |= {found for found in imports(name) if (SOURCES / "_runner" / f"{found}.py").exists()} - loaded
        self.assertLess({"kernels", "sessions", "rpc", "inquiry"}, loaded)
        found = set().union(*map(imports, loaded))
        self.assertFalse(found & {"pickle", "marshal", "shelve", "copyreg", "multiprocessing", "snapshot", "decoder"})

    def test_every_module_is_free_of_third_party_imports(self) -> None:
        names = {path.stem for path in (SOURCES / "_runner").glob("*.py")}
        import sys

        known = set(getattr(sys, "stdlib_module_names", ())) | names
        if not getattr(sys, "stdlib_module_names", None):
            self.skipTest("this Python does not list its own modules")
        for name in sorted(names):
            with self.subTest(name):
                self.assertLessEqual({found.partition(".")[0] for found in imports(name)}, known)
