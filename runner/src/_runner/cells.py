"""One cell: compiling it, keeping its source for tracebacks, running it, in an event loop only if
it awaits.
"""

from __future__ import annotations
import __future__

import ast
import builtins
import inspect
import linecache
import sys
import types
from collections import OrderedDict
from typing import Any, Protocol

from . import limits
from .pristine import BUILTINS as __builtins__  # noqa: F401

_AWAIT = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
_COROUTINE = inspect.CO_COROUTINE
_FEATURES = sum(
    {getattr(__future__, name).compiler_flag for name in __future__.all_feature_names} - {0}
)
_builtins = builtins
_settrace, _setprofile = sys.settrace, sys.setprofile

Codes = tuple[types.CodeType, ...]


class Watch(Protocol):
    """Who must know when a cell's code begins, and which loop it runs in."""

    def check(self) -> None: ...

    def enter_loop(self, loop: Any, task: Any) -> None: ...

    def leave_loop(self) -> None: ...

    @property
    def cancelled(self) -> bool: ...


class Sources:
    """The texts of recent cells, under their file names in `linecache`."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[int, None, list[str], str]] = OrderedDict()
        self._size = 0

    def keep(self, filename: str, source: str) -> None:
        self._forget(filename)
        lines = [line + "\n" for line in source.split("\n")]
        self._kept[filename] = linecache.cache[filename] = (len(source), None, lines, filename)
        self._size += len(source)
        while len(self._kept) > limits.CELL_SOURCES or (
            self._size > limits.CELL_SOURCE_BYTES and len(self._kept) > 1
        ):
            self._forget(next(iter(self._kept)))

    def _forget(self, filename: str) -> None:
        entry = self._kept.pop(filename, None)
        if entry is not None:
            self._size -= entry[0]
            linecache.cache.pop(filename, None)

    def restore(self) -> None:
        """Put back what the user cleared from `linecache`."""
        for filename, entry in self._kept.items():
            linecache.cache.setdefault(filename, entry)


class Compiler:
    """Compiles cells; `from __future__ import …` holds for the cells that follow, as in the REPL."""

    def __init__(self) -> None:
        self._features = 0

    def compile(self, source: str, filename: str, *, with_value: bool) -> tuple[Codes, bool]:
        """The parts of the cell in order, and whether the last one is an expression whose value is
        wanted.
        """
        flags = _AWAIT | self._features
        if not with_value:
            return self._remember((compile(source, filename, "exec", flags, True),)), False
        tree = compile(source, filename, "exec", flags | ast.PyCF_ONLY_AST, True)
        if not tree.body or not isinstance(tree.body[-1], ast.Expr):
            return self._remember((compile(tree, filename, "exec", flags, True),)), False
        last = ast.Expression(tree.body.pop().value)
        first = self._remember((compile(tree, filename, "exec", flags, True),))
        value = compile(last, filename, "eval", _AWAIT | self._features, True)
        return ((*first, value) if tree.body else (value,)), True

    def _remember(self, codes: Codes) -> Codes:
        self._features |= codes[0].co_flags & _FEATURES
        return codes


def run(codes: Codes, namespace: dict[str, Any], watch: Watch) -> Any:
    """Run the parts in order; the value of the last one. Whatever the cell raises goes through."""
    # Where it is missing, the interpreter would put this module's own.
    namespace.setdefault("__builtins__", _builtins)
    try:
        watch.check()
        if any(code.co_flags & _COROUTINE for code in codes):
            return _run_in_loop(codes, namespace, watch)
        value = None
        for code in codes:
            value = eval(code, namespace)
        return value
    finally:
        # A trace function that the cell left behind would see, and could break, the runner's own
        # frames. Switching it off may be traced once more.
        try:
            _settrace(None)
            _setprofile(None)
        except BaseException:  # noqa: B902 - the user's profile function may raise anything; that removes it
            _setprofile(None)


async def _run_parts(codes: Codes, namespace: dict[str, Any]) -> Any:
    value = None
    for code in codes:
        value = eval(code, namespace)
        if code.co_flags & _COROUTINE:
            value = await value
    return value


def _run_in_loop(codes: Codes, namespace: dict[str, Any], watch: Watch) -> Any:
    asyncio = _asyncio()
    # Not set as the thread's loop: what cells without `await` do with that stays as in any program.
    loop = asyncio.new_event_loop()
    try:
        task = loop.create_task(_run_parts(codes, namespace))
        watch.enter_loop(loop, task)
        return loop.run_until_complete(task)
    except asyncio.CancelledError as cancelled:
        if not watch.cancelled:
            raise
        # The interrupt came while the loop was idle: it is shown where the cell waited.
        shown: BaseException = cancelled
        while isinstance(shown.__context__, asyncio.CancelledError):
            shown = shown.__context__  # before Python 3.11 the place is known to the first one only
        raise KeyboardInterrupt().with_traceback(shown.__traceback__) from None
    finally:
        try:
            _end_tasks(asyncio, loop)
            loop.run_until_complete(loop.shutdown_asyncgens())
        finally:
            watch.leave_loop()
            # Its threads are not waited for: a call that was given up may take for ever.
            loop.close()


def _asyncio() -> Any:
    import asyncio  # 50 ms that most sessions never need

    return asyncio


LOOP_CODE = _run_in_loop.__code__
STEP_CODE = _run_parts.__code__  # the innermost code only where a step of the cell's main task begins


def _end_tasks(asyncio: Any, loop: Any) -> None:
    """Cancel what the cell left pending, and wait for it."""
    tasks = asyncio.all_tasks(loop)
    if not tasks:
        return
    for task in tasks:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
    for task in tasks:
        if not task.cancelled() and task.exception() is not None:
            loop.call_exception_handler(
                {
                    "message": "a task raised while it was cancelled at the end of its cell",
                    "exception": task.exception(),
                    "task": task,
                }
            )


def decode_source(code: bytes) -> str:
    """The text of a cell; line ends as Python counts lines."""
    text = bytes(code).decode("utf-8-sig")
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def new_main() -> types.ModuleType:
    """A fresh `__main__` in the place of the runner's."""
    main = types.ModuleType("__main__")
    # The live module, as in any program: the user's patches are the user's.
    main.__dict__["__builtins__"] = _builtins
    sys.modules["__main__"] = main
    return main


def cell_file(cell: int) -> str:
    return f"<cell {cell}>"


def is_cell_file(filename: str) -> bool:
    return filename.startswith("<cell ")
