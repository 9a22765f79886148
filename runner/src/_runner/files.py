"""The files of a session's workspace, as its host sees them. Its kernel knows nothing of it, and need not be there."""

from __future__ import annotations

import json
import os
import stat
from typing import Any, Callable, Optional, Union

from . import limits, workspaces
from .errors import ErrorCode, RpcError
from .incoming import Incoming, sweep
from .inside import Tree, parts_of, refusal
from .loop import Loop
from .outgoing import Outgoing
from .quota import Quota
from .removals import Removals

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
Transfer = Union[Incoming, Outgoing]


class Files:
    """Confined to the supervisor's loop."""

    def __init__(self, loop: Loop, workspace: str, most: Optional[int]) -> None:
        # What the code puts in its place later is not what is measured.
        self._loop, self._workspace, self._most = loop, os.path.realpath(workspace), most
        self._transfers: dict[int, Transfer] = {}
        self._next = 1
        self._promised = 0  # bytes of transfers that wait for the workspace to be measured
        self._measuring: dict[Quota, Callable[[RpcError], None]] = {}
        self._removals = Removals(loop)
        self._problem = ""
        self._tree: Optional[Tree] = None
        try:
            # Whoever chose it may have named a link; what the code puts in its place later is not followed.
            self._tree = Tree(os.open(workspace, _FOLDER))
        except OSError as problem:
            self._problem = problem.strerror or str(problem)

    def sweep(self) -> None:
        """Remove what another runner may have left in a workspace that it had before."""
        if self._tree is not None:
            try:
                sweep(self._tree)
            except OSError:
                pass  # it cannot be listed, and so it was not written to

    def close(self) -> None:
        """Nothing half-done is left."""
        for quota, on_refused in self._measuring.items():
            quota.stop()
            on_refused(RpcError(ErrorCode.CANCELLED, "the session was closed"))
        for transfer in list(self._transfers):
            self._end(transfer, lambda: None)
        self._removals.finish()
        self._measuring = {}
        tree, self._tree, self._problem = self._tree, None, "the session was closed"
        if tree is not None:
            os.close(tree.fd)

    # --- into the workspace ---

    def begin(
        self,
        method: str,
        path: str,
        size: int,
        on_begun: Callable[[int], None],
        on_refused: Callable[[RpcError], None],
        *,
        is_folder: bool,
        replaces: bool,
    ) -> None:
        """Make room for a file or folder of so many bytes, and a transfer that fills it."""
        parts_of(method, path)
        self._check_count(method)

        def begun() -> None:
            self._check_count(method)
            on_begun(self._enter(Incoming(self._require(method), method, path, is_folder, replaces, size)))

        if self._most is None:
            begun()
            return
        coming = self._promised + sum(each.missing for each in self._transfers.values() if isinstance(each, Incoming))
        quota = Quota(self._loop, self._workspace, max(0, self._most - coming - size))
        self._promised += size
        self._measuring[quota] = on_refused

        def measured(over: Optional[dict[str, Any]]) -> None:
            self._promised -= size
            del self._measuring[quota]
            try:
                if over is not None or coming + size > (self._most or 0):
                    raise self._no_room(method, path, size, coming + (over or {}).get("bytes", 0))
                begun()
            except RpcError as refused:
                on_refused(refused)

        quota.measure(measured)

    def _no_room(self, method: str, path: str, size: int, current: int) -> RpcError:
        return RpcError(
            ErrorCode.RESOURCE_EXHAUSTED,
            f"{method}: {path!r} has {size} bytes; the files of the workspace may take {self._most} bytes and take {current}; "
            "remove some, or allow more with workspace-limit",
            {"limit": "workspace", "current": current, "max": self._most},
        )

    def folder(self, method: str, transfer: int, path: str) -> None:
        self._incoming(method, transfer).folder(method, path)

    def write(self, method: str, transfer: int, path: str, offset: int, data: bytes) -> Incoming:
        incoming = self._incoming(method, transfer)
        incoming.write(method, path, offset, data)
        return incoming

    def commit(self, method: str, transfer: int) -> None:
        incoming = self._incoming(method, transfer)
        incoming.commit(method)
        del self._transfers[transfer]

    def make(self, method: str, path: str) -> None:
        self._require(method).make(method, path)

    # --- out of it ---

    def kind(self, method: str, path: str) -> str:
        """What is at a path: `file` or `directory`, or refused."""
        tree = self._require(method)
        if path == "":
            return "directory"
        with tree.place(method, path) as place:
            found = place.found()
            if found is not None and stat.S_ISDIR(found.st_mode):
                return "directory"
            return "file"  # or what opening it says

    def read(self, method: str, path: str) -> Outgoing:
        with self._require(method).place(method, path) as place:
            return Outgoing(place, method)

    def enter_read(self, method: str, outgoing: Outgoing) -> int:
        self._check_count(method)
        return self._enter(outgoing)

    def reading(self, method: str, transfer: int) -> Outgoing:
        found = self._transfers.get(transfer)
        if not isinstance(found, Outgoing):
            raise _no_transfer(method, transfer)
        return found

    def listing(self, method: str, path: str) -> bytes:
        """What is in one folder, as JSON: name, kind and size of each, sorted by name."""
        fd = self._require(method).open_folder(method, path)
        found = []
        try:
            with os.scandir(fd) as entries:
                for entry in entries:
                    if len(found) == limits.FILE_ENTRIES:
                        raise RpcError(
                            ErrorCode.MESSAGE_TOO_LARGE,
                            f"{method}: {path or 'the workspace'!r} has more than the {limits.FILE_ENTRIES} files that a "
                            "folder is listed with; have the code pack them into one",
                        )
                    if path != "" or not workspaces.is_staged(entry.name):
                        found.append(_entry(method, path, entry))
        except OSError as problem:
            raise refusal(method, path, problem) from None
        finally:
            os.close(fd)
        return json.dumps(sorted(each for each in found if each is not None), separators=(",", ":")).encode("ascii")

    # --- transfers ---

    def abort(self, method: str, transfer: int, on_removed: Callable[[], None]) -> None:
        if transfer not in self._transfers:
            raise _no_transfer(method, transfer)
        self._end(transfer, on_removed)

    def _end(self, transfer: int, on_removed: Callable[[], None]) -> None:
        found = self._transfers.pop(transfer)
        if isinstance(found, Outgoing):
            found.close()
            on_removed()
        else:
            self._removals.begin(found.discard(), on_removed)

    def _enter(self, transfer: Transfer) -> int:
        number, self._next = self._next, self._next + 1
        self._transfers[number] = transfer
        return number

    def _incoming(self, method: str, transfer: int) -> Incoming:
        found = self._transfers.get(transfer)
        if not isinstance(found, Incoming):
            raise _no_transfer(method, transfer)
        return found

    def _check_count(self, method: str) -> None:
        count = len(self._transfers) + len(self._measuring)
        if count >= limits.TRANSFERS:
            raise RpcError(
                ErrorCode.RESOURCE_EXHAUSTED,
                f"{method}: {count} transfers of the session are open; end one first",
                {"limit": "transfers", "current": count, "max": limits.TRANSFERS},
            )

    def _require(self, method: str) -> Tree:
        if self._tree is None:
            raise RpcError(ErrorCode.FILE_REFUSED, f"{method}: the workspace {self._workspace!r}: {self._problem}")
        return self._tree


def _no_transfer(method: str, transfer: int) -> RpcError:
    return RpcError(ErrorCode.INVALID_STATE, f"{method}: no transfer {transfer} is open; file.begin or file.read begins one")


def _entry(method: str, folder: str, entry: os.DirEntry[str]) -> Optional[tuple[str, str, int]]:
    """None where it has gone meanwhile."""
    try:
        os.fsencode(entry.name).decode("utf-8")
        found = entry.stat(follow_symlinks=False)
    except UnicodeDecodeError:
        shown = os.fsencode(entry.name).decode("utf-8", "backslashreplace")
        raise RpcError(
            ErrorCode.FILE_REFUSED, f"{method}: the name '{shown}' in {folder or 'the workspace'!r} is not UTF-8; rename it"
        ) from None
    except FileNotFoundError:
        return None
    mode = found.st_mode
    name = os.fsencode(entry.name).decode("utf-8")
    if stat.S_ISREG(mode):
        return name, "file", found.st_size
    return name, "directory" if stat.S_ISDIR(mode) else "link" if stat.S_ISLNK(mode) else "other", 0
