"""Reports of errors: the user's lines, nothing of the runner's, bounded, whatever is raised."""

from __future__ import annotations

import re
import sys
import unittest

from _runner import limits
from _runner.tracebacks import describe
from tests.support.kernels import KernelHost


class TracebacksTest(unittest.TestCase):
    def setUp(self) -> None:
        self.host = KernelHost()
        self.host.__enter__()
        self.addCleanup(self.host.__exit__)

    def fails(self, code: str) -> dict:
        done = self.host.execute(code)
        self.assertEqual(done.outcome, "raised", done)
        assert done.error is not None
        for word in ("_runner", "base_events", "support/kernels"):
            self.assertNotIn(word, done.error["traceback"])
        return done.error

    def test_the_cells_own_lines_are_shown(self) -> None:  # rule: C31, C33
        error = self.fails("""
            def f(x):
                return 1 / x

            f(0)
            """)
        self.assertEqual(
            (error["type"], error["module"], error["message"]),
            ("ZeroDivisionError", "builtins", "division by zero"),
        )
        frames = [
            (frame["file"], frame["line"], frame["function"], frame["source"])
            for frame in error["frames"]
        ]
        self.assertEqual(
            frames, [("<cell 1>", 4, "<module>", "f(0)"), ("<cell 1>", 2, "f", "return 1 / x")]
        )
        plain = re.sub(r"^\s+[~^]+\n", "", error["traceback"], flags=re.M)
        self.assertEqual(
            plain,
            'Traceback (most recent call last):\n  File "<cell 1>", line 4, in <module>\n    f(0)\n'
            '  File "<cell 1>", line 2, in f\n    return 1 / x\nZeroDivisionError: division by zero\n',
        )
        self.assertIsNone(error["data"])
        error = self.fails("f('a')")
        self.assertEqual([frame["file"] for frame in error["frames"]], ["<cell 2>", "<cell 1>"])

    def test_an_awaiting_cell_looks_the_same(self) -> None:
        error = self.fails("""
            import asyncio
            async def f():
                await asyncio.sleep(0)
                raise KeyError('k')
            await f()
            """)
        self.assertEqual([frame["line"] for frame in error["frames"]], [5, 4])
        self.assertEqual(error["message"], "'k'")

    def test_the_last_expression_looks_the_same(self) -> None:
        self.host.start(
            """
            a = 1
            a + 'x'
            """,
            True,
        )
        error = self.host.finish().error
        self.assertEqual(
            [(frame["line"], frame["source"]) for frame in error["frames"]], [(2, "a + 'x'")]
        )

    def test_a_syntax_error_has_line_column_and_caret(self) -> None:  # rule: C34
        error = self.fails("""
            a = 1
            for
            """)
        self.assertEqual(
            (error["type"], error["syntax"]["line"], error["frames"]), ("SyntaxError", 2, [])
        )
        self.assertTrue(
            error["traceback"].startswith('  File "<cell 1>", line 2\n    for\n'),
            error["traceback"],
        )
        self.assertIn("^", error["traceback"])
        self.assertEqual(error["syntax"]["text"], "for")
        error = self.fails("""
            if 1:
            x = 1
            """)
        self.assertEqual((error["type"], error["syntax"]["line"]), ("IndentationError", 2))
        self.assertEqual(
            self.fails("compile('(', 'other.py', 'exec')")["frames"][0]["file"], "<cell 3>"
        )

    def test_what_cannot_be_compiled_is_told(self) -> None:
        for code in (
            "a\0b",
            "x = '\ud800'",
            "(" * 5000,
            "-" * 200_000 + "1",
            "return 1",
            "x = " + "9" * 10_000,
            "'''",
        ):
            with self.subTest(code[:20]):
                if code.startswith("-") and sys.version_info < (3, 11):
                    continue  # the parser of these has no guard, and its crash is the kernel's death
                if "9" * 9 in code and sys.version_info < (3, 10):
                    continue
                done = self.host.execute(code)
                if done.outcome == "raised":
                    self.assertTrue(done.error["traceback"])
                else:
                    self.assertIn("9", code)

    def test_chains_and_causes_are_shown_without_the_runner(self) -> None:
        error = self.fails(
            """
            import asyncio
            async def f():
                try:
                    await asyncio.sleep(0); {}['k']
                except KeyError as e:
                    raise ValueError('outer') from e
            await f()
            """
        )
        self.assertIn("KeyError: 'k'", error["traceback"])
        self.assertIn("direct cause", error["traceback"])
        self.assertEqual(error["message"], "outer")

    def test_groups_show_their_members(self) -> None:
        if sys.version_info < (3, 11):
            self.skipTest("this Python has no exception groups")
        error = self.fails(
            """
            import asyncio
            async def bad(): raise ValueError('member')
            async with asyncio.TaskGroup() as g:
                g.create_task(bad())
            """
        )
        self.assertEqual(error["type"], "ExceptionGroup")
        self.assertIn("ValueError: member", error["traceback"])

    def test_notes_are_shown(self) -> None:
        if sys.version_info < (3, 11):
            self.skipTest("this Python has no notes")
        self.assertIn(
            "a note", self.fails("e = ValueError('x'); e.add_note('a note'); raise e")["traceback"]
        )

    def test_hostile_exceptions_are_reported(self) -> None:
        for code in (
            "class E(Exception):\n  def __str__(self): raise SystemExit\n  __repr__ = __str__\nraise E",
            "class E(BaseException):\n  def __str__(self): return 5\nraise E",
            "class M(type):\n  def __getattribute__(c, n): raise OSError\nclass E(Exception, metaclass=M): pass\nraise E()",
            "class E(Exception):\n  def __getattribute__(self, n): raise OSError(n)\nraise E()",
            "class E(Exception): pass\nE.__module__ = 5; E.__name__ = 'x' * 100_000\nraise E",
            "e = ValueError('loop'); e.__cause__ = e\nraise e",
            "def f(): f()\nf()",
            "e = None\nfor i in range(5000):\n  n = ValueError(i); n.__context__ = e; e = n\nraise e",
            "import sys\nsys.excepthook = None\nraise ValueError(sys.stdout)",
            "raise SyntaxError('mine', ('<cell 1>', 10**9, -5, None))",
            "raise SyntaxError('mine', (5, 'a', [], {}))"
            if sys.version_info < (3, 10)
            else "raise SyntaxError('mine')",
            "raise ValueError('\\ud800')",
            "raise UnicodeDecodeError('x', b'', 0, 1, 'why')",
            "raise ValueError(object())",
            "class E(Exception):\n  def __getattr__(self, n): return self\nraise E",
        ):
            with self.subTest(code):
                error = self.fails(code)
                self.assertTrue(error["traceback"])
                self.assertTrue(error["type"])

    def test_a_deep_recursion_is_bounded(self) -> None:
        error = self.fails("""
            import sys
            sys.setrecursionlimit(5000)
            def f(n): return f(n + 1) + g(n)
            def g(n): return 1
            f(0)
            """)
        self.assertEqual(error["type"], "RecursionError")
        self.assertLessEqual(len(error["frames"]), limits.REPORTED_FRAMES)
        self.assertLess(len(error["traceback"]), limits.TRACEBACK + 100)

    def test_a_huge_message_keeps_its_ends(self) -> None:
        error = self.fails("raise ValueError('head' + 'x' * 50_000_000 + 'tail')")
        self.assertLess(len(error["message"]), limits.ERROR_MESSAGE + 100)
        self.assertTrue(error["message"].startswith("head") and error["message"].endswith("tail"))
        self.assertLess(len(error["traceback"]), limits.TRACEBACK + 100)

    def test_a_failing_subprocess_says_its_status(self) -> None:  # rule: C35
        error = self.fails("import subprocess; subprocess.run(['sh', '-c', 'exit 7'], check=True)")
        self.assertEqual(error["type"], "CalledProcessError")
        self.assertIn("7", error["message"])

    def test_sources_survive_a_cleared_linecache(self) -> None:
        self.host.execute("def f(): raise ValueError('here')")
        error = self.fails("import linecache; linecache.clearcache(); f()")
        self.assertIn("def f(): raise ValueError('here')", error["traceback"])


class UnitTest(unittest.TestCase):
    def test_an_exception_without_a_traceback_has_no_header(self) -> None:
        self.assertEqual(describe(ValueError("x"))["traceback"], "ValueError: x\n")

    def test_where_the_traceback_module_fails_the_frames_are_still_told(self) -> None:
        import traceback
        from unittest import mock

        try:
            raise ValueError("plain")
        except ValueError as error:
            with mock.patch.object(traceback, "TracebackException", None):
                told = describe(error)
        self.assertIn("ValueError: plain", told["traceback"])
        self.assertEqual(
            told["frames"][0]["function"],
            "test_where_the_traceback_module_fails_the_frames_are_still_told",
        )


if __name__ == "__main__":
    unittest.main()
