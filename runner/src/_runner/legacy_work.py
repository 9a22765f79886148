"""The deprecated dialect's file requests: done in slices, each between two turns of the supervisor's loop. Sans-I/O."""

from __future__ import annotations

from typing import Any, Callable, Iterator, Optional, Protocol

from .legacy_requests import LATER, Later, Method, Requests

Work = Iterator[None]  # its value at the end is the result


class Files(Protocol):
    """The file methods; the work of each may raise OSError and ValueError."""

    def virtual(self, path: str) -> str: ...

    def mount(self, host_path: str, virtual_path: str) -> Work: ...

    def make(self, path: str) -> Work: ...

    def listing(self, path: str) -> Work: ...

    def sync(self, virtual_path: str, host_path: str) -> Work: ...


class FileWork:
    """Confined to the supervisor's loop. One at a time, as requests are."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._work: Optional[Work] = None

    def methods(self) -> dict[str, Method]:
        files = self._files
        return {
            "mount_file": lambda params: self._begin(files.mount, params, "host_path", "virtual_path"),
            "mkdir_p": lambda params: self._begin(files.make, params, "path"),
            "list_dir": lambda params: self._begin(files.listing, params, "path"),
            "sync_file": lambda params: self._begin(files.sync, params, "virtual_path", "host_path"),
        }

    @property
    def waits(self) -> bool:
        """Whether there is a slice to be done."""
        return self._work is not None

    def go_on(self, requests: Requests) -> None:
        """Do the next slice; where it was the last, the request has its response."""
        work = self._work
        assert work is not None
        try:
            next(work)
        except StopIteration as done:
            self._work = None
            requests.respond(done.value or {})
        except (OSError, ValueError) as problem:
            self._work = None
            requests.refuse(problem)

    def _begin(self, method: Callable[..., Work], params: dict[str, Any], *names: str) -> Later:
        for name in names:
            if not isinstance(params.get(name), str):
                raise ValueError(f"{name} must be a text, not {type(params.get(name)).__name__}")
        self._work = method(*(params[name] for name in names))
        return LATER
