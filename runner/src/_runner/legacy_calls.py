"""Tool calls of a kernel, under the numbers that the deprecated dialect has for them. Sans-I/O."""

from __future__ import annotations

import itertools
import json
from typing import Any, Callable, Optional

from . import legacy, limits, rpc
from .encoder import Encoder
from .errors import ErrorCode, RpcError
from .legacy_link import Link
from .legacy_values import BadAnswer, answered, flatten
from .messages import Message
from .reprs import shorten


class OpenCalls:
    """Confined to the supervisor's loop.

    A call is open from the line that tells the host of it until its answer, or until its cell or its kernel has ended:
    what comes for it then is dropped, and nobody is told (W25).
    """

    def __init__(self, link: Link, first: int, virtual: Callable[[str], str]) -> None:
        self._link, self._virtual = link, virtual
        self._numbers = itertools.count(first)
        self._open: dict[int, tuple[Message, Any]] = {}  # the call, and the id that the kernel gave it
        self.dropped = 0

    def begin(self, message: Message, said: rpc.Request) -> Optional[bytes]:
        """The line that tells the host of it; None where it is refused here."""
        name = said.params.get("name")
        args, kwargs = (
            flatten(said.params.get(field), message.attachments, self._virtual) for field in ("args", "kwargs")
        )
        fits = isinstance(name, str) and isinstance(args, list) and isinstance(kwargs, dict)
        if said.is_notification or not fits:
            self.dropped += 1  # no kernel of ours writes that
            return None
        number = next(self._numbers)
        line = legacy.tool_call(number, name, args, kwargs)
        if len(line) > limits.LEGACY_LINE:
            why = f"{name}: the arguments take {len(line)} bytes as a line, more than {limits.LEGACY_LINE}"
            self._refuse(message, said.id, RpcError(ErrorCode.MESSAGE_TOO_LARGE, why))
            return None
        self._open[number] = message, said.id
        return line

    def settle(self, answer: legacy.Answer) -> None:
        found = self._open.pop(answer.id, None) if type(answer.id) is int else None
        if found is None:
            self.dropped += 1
            return
        message, id = found
        try:
            if answer.error is not None:
                raise _failed(answer.error)
            document = answered(answer.result)
            if self._link.unread + len(document) > limits.LEGACY_UNREAD:
                why = f"the kernel has {self._link.unread} bytes to read first; {len(document)} more are too many"
                raise RpcError(ErrorCode.RESOURCE_EXHAUSTED, why)
            answered_id = json.dumps(id).encode("ascii")
            self._link.answer(message, b'{"jsonrpc":"2.0","id":%b,"result":%b}' % (answered_id, document))
        except BadAnswer as bad:
            self._refuse(message, id, RpcError(ErrorCode.TOOL_FAILED, f"the host's answer cannot be used: {bad}"))
        except RpcError as refused:
            self._refuse(message, id, refused)

    def fail(self, number: Optional[int], why: str) -> bool:
        """Whether it was open: then its answer cannot be read."""
        found = self._open.pop(number, None) if number is not None else None
        if found is not None:
            self._refuse(*found, RpcError(ErrorCode.MESSAGE_TOO_LARGE, f"the host's answer: {why}"))
        return found is not None

    def cancel(self, message: Message, id: Any) -> None:
        """The kernel gave this call up: it waits for no answer."""
        self._forget(lambda call, known: call.generation == message.generation and known == id)

    def cell_ended(self, cell: int) -> None:
        """LIF-12: a thread may wait for one still."""
        cancelled = RpcError(ErrorCode.CANCELLED, "cancelled, because the cell that made the call has ended")
        for call, id in self._forget(lambda call, known: call.cell == cell):
            self._refuse(call, id, cancelled)

    def generation_began(self, generation: int) -> None:
        """Who made the earlier ones has ended."""
        self._forget(lambda call, known: call.generation < generation)

    def _forget(self, gone: Callable[[Message, Any], bool]) -> list[tuple[Message, Any]]:
        found = {number: pair for number, pair in self._open.items() if gone(*pair)}
        for number in found:
            del self._open[number]
        return list(found.values())

    def _refuse(self, call: Message, id: Any, refused: RpcError) -> None:
        self._link.answer(call, rpc.error(id, refused))


def _failed(error: Any) -> RpcError:
    """A tool that raised, in the words of the dialect."""
    told = error if isinstance(error, dict) else {"message": str(error)}
    data = told.get("data")
    data = data if isinstance(data, dict) else {}
    message = shorten(str(told.get("message", "")), limits.ERROR_MESSAGE)
    args = Encoder().encode(data.get("args"))
    details = {
        "type": str(data.get("type", ""))[: limits.TYPE_NAME],
        "message": message,
        "data": json.loads(args) if len(args) <= limits.ERROR_MESSAGE else None,
    }
    return RpcError(ErrorCode.TOOL_FAILED, message, details)
