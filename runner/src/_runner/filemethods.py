"""The methods of files: their parameters, and what is answered. The content goes as attachments, never as JSON."""

from __future__ import annotations

import re
from typing import Any, Callable, Sequence

from . import limits, rpc
from .outgoing import Outgoing
from .sessions import Session

_HASH = re.compile(r"[0-9a-f]{64}")
_TYPES = ("file", "directory")
Said = Callable[[bytes, Sequence[bytes]], None]


class FileMethods:
    """Confined to the supervisor's loop."""

    METHODS = (
        "file.begin",
        "file.write",
        "file.commit",
        "file.abort",
        "file.read",
        "file.list",
        "file.mkdir",
    )

    def __init__(self, session: Callable[[rpc.Request], Session]) -> None:
        self._session = session
        actions = (self._begin, self._write, self._commit, self._abort, self._read, self._list, self._mkdir)
        self.methods = dict(zip(self.METHODS, actions))

    def _begin(self, request: rpc.Request) -> Any:
        session, params = self._session(request), request.params
        kind, replaces, size = params.get("type"), params.get("replace", False), params.get("bytes")
        if kind not in _TYPES:
            raise rpc.invalid(request.method, "type", kind, "one of " + ", ".join(_TYPES))
        if not isinstance(replaces, bool):
            raise rpc.invalid(request.method, "replace", replaces, "true or false")
        size = _count(request, "bytes")
        session.files.begin(
            request.method,
            params.get("path"),
            size,
            lambda number: session.reply(request, lambda id: rpc.result(id, {"transfer": number})),
            lambda refused: session.reply(request, lambda id: rpc.error(id, refused)),
            is_folder=kind == "directory",
            replaces=replaces,
        )
        return rpc.LATER

    def _write(self, request: rpc.Request) -> dict[str, Any]:
        session, params = self._session(request), request.params
        transfer, path = _count(request, "transfer"), params.get("path", "")
        if params.get("type") == "directory":
            session.files.folder(request.method, transfer, path)
            return {}
        offset, sha256 = _count(request, "offset"), params.get("sha256")
        executable = params.get("executable", False)
        modified = _count(request, "modifiedMs") if "modifiedMs" in params else None
        if not isinstance(path, str):
            raise rpc.invalid(request.method, "path", path, "a string")
        if not isinstance(executable, bool):
            raise rpc.invalid(request.method, "executable", executable, "true or false")
        if sha256 is not None and not (isinstance(sha256, str) and _HASH.fullmatch(sha256)):
            raise rpc.invalid(request.method, "sha256", sha256, "64 hexadecimal digits in lower case")
        if len(request.attachments) != 1 or len(request.attachments[0]) > limits.FILE_CHUNK:
            sizes = [len(each) for each in request.attachments]
            raise rpc.invalid(request.method, "attachments", sizes, f"one of at most {limits.FILE_CHUNK} bytes")
        incoming = session.files.write(request.method, transfer, path, offset, request.attachments[0])
        if sha256 is not None:
            incoming.end_file(request.method, sha256, executable, modified)
        return {}

    def _commit(self, request: rpc.Request) -> dict[str, Any]:
        self._session(request).files.commit(request.method, _count(request, "transfer"))
        return {}

    def _abort(self, request: rpc.Request) -> Any:
        session = self._session(request)
        session.files.abort(
            request.method,
            _count(request, "transfer"),
            lambda: session.reply(request, lambda id: rpc.result(id, {})),
        )
        return rpc.LATER

    def _read(self, request: rpc.Request) -> Any:
        """The first chunk with what is known of the file, or the next one of those that it has more of."""
        session, params = self._session(request), request.params
        files, result = session.files, {}
        if "transfer" in params:
            transfer = _count(request, "transfer")
            outgoing = files.reading(request.method, transfer)
            _check_offset(request, outgoing)
            is_open = True
        else:
            path = params.get("path")
            if files.kind(request.method, path) == "directory":
                return {"type": "directory"}
            outgoing = files.read(request.method, path)
            result = {
                "type": "file",
                "bytes": outgoing.size,
                "executable": outgoing.executable,
                "modifiedMs": outgoing.modified_ms,
            }
            transfer, is_open = 0, False
        try:
            data = outgoing.next_chunk()
            if not outgoing.done and not is_open:
                transfer = result["transfer"] = files.enter_read(request.method, outgoing)
                is_open = True
        except Exception:
            _give_up(session, transfer, outgoing, is_open)
            raise
        if outgoing.done:
            result["sha256"] = outgoing.sha256()
            _give_up(session, transfer, outgoing, is_open)
        session.reply(request, lambda id: rpc.result(id, result), [data])
        return rpc.LATER

    def _list(self, request: rpc.Request) -> Any:
        session = self._session(request)
        listing = session.files.listing(request.method, request.params.get("path"))
        session.reply(request, lambda id: rpc.result(id, {}), [listing])
        return rpc.LATER

    def _mkdir(self, request: rpc.Request) -> dict[str, Any]:
        self._session(request).files.make(request.method, request.params.get("path"))
        return {}


def _give_up(session: Session, transfer: int, outgoing: Outgoing, is_open: bool) -> None:
    if is_open:
        session.files.abort("file.read", transfer, lambda: None)
    else:
        outgoing.close()


def _check_offset(request: rpc.Request, outgoing: Outgoing) -> None:
    offset = _count(request, "offset")
    if offset != outgoing.at:
        raise rpc.invalid(request.method, "offset", offset, f"{outgoing.at}, the first byte that was not sent yet")


def _count(request: rpc.Request, field: str) -> int:
    value = request.params.get(field)
    if type(value) is not int or not 0 <= value <= limits.TIMEOUT_MS_MAX:
        raise rpc.invalid(request.method, field, value, f"a whole number from 0 to {limits.TIMEOUT_MS_MAX}")
    return value
