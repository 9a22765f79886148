"""Host tools as they stand in `__main__`: async functions with a signature, a docstring and a
blocking form.
"""

from __future__ import annotations

import functools
import itertools
import sys
from typing import Any, Coroutine, NamedTuple, Optional

from .calls import Calls
from .pristine import BUILTINS as __builtins__  # noqa: F401
from .signatures import is_name, shape
from .submit import submitter
from .synced import Workspace, placed
from .tool_errors import ToolError, ToolNotAwaited
from .tracebacks import Place

_frame = sys._getframe


class Unawaited(NamedTuple):
    """A call whose coroutine has not started yet."""

    coroutine: Coroutine[Any, Any, Any]
    name: str
    place: Place


async def _host_tool(*args: Any, **kwargs: Any) -> Any:
    """What `inspect` finds behind a `HostTool`; never run."""


class HostTool(functools.partial):  # type: ignore[type-arg]
    """A tool: `await tool(...)`, or `tool.sync(...)` in code that is not async.

    `inspect.iscoroutinefunction` looks through `functools.partial` in every Python from 3.9 on, and
    asks nothing else; a subclass can be an async function to it and still see its own calls,
    started or not.
    """

    def __new__(cls, tools: "Tools", name: str, spec: dict[str, Any]) -> "HostTool":
        self = super().__new__(cls, _host_tool)
        form = shape(name, spec)
        self.__name__ = self.__qualname__ = name
        self.__module__ = "__main__"
        self.__doc__ = form.doc
        self.__signature__ = form.signature
        self._check = form.check
        self._files = form.files
        self._tools = tools
        return self

    def __call__(self, /, *args: Any, **kwargs: Any) -> Coroutine[Any, Any, Any]:
        args, kwargs = self._given(args, kwargs)
        return self._tools.begin(self.__name__, args, kwargs, _frame(1))

    def sync(self, /, *args: Any, **kwargs: Any) -> Any:
        """Call the tool and wait for its answer."""
        args, kwargs = self._given(args, kwargs)
        return self._tools.calls.call_blocking(self.__name__, args, kwargs)

    def _given(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        self._check(*args, **kwargs)
        if not self._files:
            return args, kwargs
        return placed(self.__name__, self.__signature__, self._files, self._tools.workspace, args, kwargs)

    def __get__(self, instance: Any, owner: Any = None) -> "HostTool":
        return self  # in a class body it stays a tool, it does not become a method

    def __reduce__(self) -> str:
        return self.__name__

    def __repr__(self) -> str:
        return f"<host tool {self.__name__}{self.__signature__}>"


class Tools:
    """The tools of a session, and its calls that nobody awaited. Confined to the main thread, calls
    apart.
    """

    def __init__(self, calls: Calls, namespace: dict[str, Any], workspace: Workspace) -> None:
        self.calls = calls
        self.workspace = workspace
        self._namespace = namespace
        self._registered: dict[str, Any] = {}
        self._unawaited: dict[int, Unawaited] = {}
        self._keys = itertools.count()

    def register(self, specs: Any) -> None:
        """Replace all tools. What the user has bound to a tool's name is the user's, and stays
        (LIF-11).
        """
        for name, tool in self._registered.items():
            if self._namespace.get(name) is tool:
                del self._namespace[name]
        self._registered = {
            spec["name"]: self._stand_in(spec["name"], spec)
            for spec in specs
            if isinstance(spec, dict) and is_name(spec.get("name"))
        }
        for name, tool in self._registered.items():
            self._namespace.setdefault(name, tool)

    def _stand_in(self, name: str, spec: dict[str, Any]) -> Any:
        return submitter(name, spec) if spec.get("submits") is True else HostTool(self, name, spec)

    def is_tool(self, name: str, value: Any) -> bool:
        return self._registered.get(name) is value

    def begin(
        self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], frame: Any
    ) -> Coroutine[Any, Any, Any]:
        if not self.calls.in_main_thread:
            return self._run(None, name, args, kwargs)
        key = next(self._keys)
        coroutine = self._run(key, name, args, kwargs)
        place = Place(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)
        self._unawaited[key] = Unawaited(coroutine, name, place)
        return coroutine

    async def _run(
        self, key: Optional[int], name: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        if key is not None:
            self._unawaited.pop(key, None)
        asyncio = sys.modules.get("asyncio")
        if asyncio is None:
            raise ToolError(
                f"{name}: `await` needs a running asyncio event loop; use {name}.sync(...)"
            )
        return await self.calls.call_awaited(name, args, kwargs, asyncio.get_running_loop())

    def take_unawaited(self) -> list[Unawaited]:
        """The calls of this cell whose coroutines nobody has started or closed."""
        found = [call for call in self._unawaited.values() if call.coroutine.cr_frame is not None]  # type: ignore
        self._unawaited.clear()
        for call in found:
            call.coroutine.close()
        return found


def not_awaited(call: Unawaited) -> ToolNotAwaited:
    return ToolNotAwaited(
        f"the host tool {call.name}(...) was called but never awaited, so it did not run; write "
        f"`await {call.name}(...)`, or `{call.name}.sync(...)` in code that is not async"
    )
