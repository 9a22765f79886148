"""Whatever runs inside a kernel keeps its own builtins."""

from __future__ import annotations

import ast
import unittest

from tests import SOURCES

# They define names and run nothing once user code has begun.
EXEMPT = {"limits", "errors", "pristine", "evidence", "linux"}
LINE = "from .pristine import BUILTINS as __builtins__"


def relatives(module: str) -> set[str]:
    tree = ast.parse((SOURCES / "_runner" / f"{module}.py").read_text(encoding="utf-8"))
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            found |= {node.module} if node.module else {name.name for name in node.names}
    return found


class PristineTest(unittest.TestCase):
    def test_every_module_of_the_kernel_resolves_builtins_apart_from_the_users(self) -> None:
        todo, seen = {"kernel"}, set()
        while todo:
            module = todo.pop()
            seen.add(module)
            todo |= relatives(module) - seen
        self.assertIn("tools", seen)
        for module in sorted(seen - EXEMPT):
            with self.subTest(module):
                source = (SOURCES / "_runner" / f"{module}.py").read_text(encoding="utf-8")
                before, found, _ = source.partition(LINE)
                self.assertTrue(found)
                self.assertNotIn("\ndef ", before)
                self.assertNotIn("\nclass ", before)


if __name__ == "__main__":
    unittest.main()
