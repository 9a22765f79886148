"""The user's global names, told to the supervisor when they changed: what a lost kernel takes with
it.
"""

from __future__ import annotations

from operator import is_
from typing import Any, Callable, Optional

from . import limits
from .pristine import BUILTINS as __builtins__  # noqa: F401
from .reprs import clean


class Names:
    def __init__(self, namespace: dict[str, Any], is_tool: Callable[[str, Any], bool]) -> None:
        self._namespace = namespace
        self._is_tool = is_tool
        self._keys: list[Any] = list(namespace)

    def of_user(self) -> list[str]:
        """What a snapshot may hold: the user's own names, without tools and what Python keeps there."""
        return [
            key
            for key, value in list(self._namespace.items())
            if type(key) is str and key[:2] != "__" and not self._is_tool(key, value)
        ]

    def changed(self) -> Optional[dict[str, Any]]:
        """The fields for `done`: the names as far as they fit its envelope, and how many do not;
        None: as before.
        """
        # Neither compared nor looked up: a key may be of the user's own class, and nothing limits this code's time.
        keys = list(self._namespace)
        if len(keys) == len(self._keys) and all(map(is_, keys, self._keys)):
            return None
        self._keys = keys
        names, room, more = [], limits.NAMES_BYTES, 0
        for key, value in list(self._namespace.items()):
            if type(key) is not str or key[:2] == "__" or self._is_tool(key, value):
                continue
            name = clean(key)
            room -= len(name.encode("utf-8")) + 3
            if room >= 0 and name.isprintable():
                names.append(name)
            else:
                more += 1
        return {"names": names, "moreNames": more} if more else {"names": names}
