"""`display`, as notebooks have it: what a cell shows in other forms than text.

An object is asked for its forms by the names that the notebooks of the field ask by. Each is the user's code, and one
that fails is left out.
"""

from __future__ import annotations

import builtins
import io
import sys
from typing import Any, Callable, Optional

from . import limits
from .calls import Calls
from .encoder import Encoder
from .errors import RpcError
from .frames import FrameKind
from .messages import check_size
from .pristine import BUILTINS as __builtins__  # noqa: F401
from .reprs import bounded_repr

_RELAY = int(FrameKind.RELAY)

_FORMS = (
    ("text/html", "_repr_html_"),
    ("text/markdown", "_repr_markdown_"),
    ("text/latex", "_repr_latex_"),
    ("image/svg+xml", "_repr_svg_"),
    ("image/png", "_repr_png_"),
    ("image/jpeg", "_repr_jpeg_"),
    ("application/json", "_repr_json_"),
)
_BEGINNINGS = (
    ("image/png", b"\x89PNG\r\n\x1a\n"),
    ("image/jpeg", b"\xff\xd8\xff"),
    ("image/gif", b"GIF8"),
)


class Display:
    """The function that is called. Safe from any thread: what it counts is a bound, not a figure."""

    __name__ = __qualname__ = "display"
    __module__ = "pyvisor"

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._cell = self._shown = self._bytes = 0

    def __call__(self, *objects: Any) -> None:
        """Show objects to the host in all forms that they have: text, HTML, images and the like.

        Asks for `_repr_mimebundle_`, `_repr_html_`, `_repr_png_` and so on; a figure of matplotlib and bytes that are
        an image are images.
        """
        for shown in objects:
            self._show(forms(shown))

    def __repr__(self) -> str:
        return "<function display>"

    def __reduce__(self) -> str:
        return "display"

    def _show(self, found: dict[str, Any]) -> None:
        wire = self._calls.port()
        if wire is None:
            return  # a forked child has nobody to show anything to
        encoder = Encoder()
        envelope = b'{"jsonrpc":"2.0","method":"cell.display","params":{"data":%b}}' % encoder.encode(found)
        try:
            check_size(envelope, encoder.attachments)
        except RpcError as too_large:
            raise ValueError(f"display: {too_large.message}; write it to a file instead") from None
        self._account(len(envelope) + sum(map(len, encoder.attachments)))
        wire.send(_RELAY, envelope, encoder.attachments, cell=self._calls.cell)

    def _account(self, size: int) -> None:
        if self._cell != self._calls.cell:
            self._cell, self._shown, self._bytes = self._calls.cell, 0, 0
        self._shown += 1
        self._bytes += size
        if self._shown > limits.DISPLAYS or self._bytes > limits.DISPLAY_BYTES:
            raise ValueError(
                f"display: a cell may show {limits.DISPLAYS} objects of {limits.DISPLAY_BYTES} bytes in all;"
                " write more to files instead"
            )


def install(display: Display) -> None:
    """Make `display(...)` work in cells, and `from pyvisor import display` in files that they import."""
    setattr(builtins, "display", display)
    setattr(sys.modules["pyvisor"], "display", display)


def forms(shown: Any) -> dict[str, Any]:
    """The forms of an object, by media type; text is always one of them."""
    found: dict[str, Any] = {"text/plain": shown if type(shown) is str else bounded_repr(shown)}
    kind = type(shown)
    if kind in (bytes, bytearray):
        found.update((media, bytes(shown)) for media, begin in _BEGINNINGS if shown.startswith(begin))
        return found
    bundle = _asked(lambda: kind._repr_mimebundle_(shown, include=None, exclude=None))
    if isinstance(bundle, dict):
        found.update((media, form) for media, form in bundle.items() if isinstance(media, str) and form is not None)
    for media, name in _FORMS:
        form = None if media in found else _asked(lambda: getattr(kind, name)(shown))
        if form is not None:
            found[media] = form
    if "image/png" not in found and (kind.__module__ or "").startswith("matplotlib.") and hasattr(kind, "savefig"):
        form = _asked(lambda: _png(shown))
        if form is not None:
            found["image/png"] = form
    return found


def _png(figure: Any) -> bytes:
    into = io.BytesIO()
    figure.savefig(into, format="png", bbox_inches="tight")
    return into.getvalue()


def _asked(form: Callable[[], Any]) -> Optional[Any]:
    """What the user's code answers, without what notebooks call metadata; None where it has none or fails."""
    try:
        answer = form()
    except Exception:
        return None
    return answer[0] if type(answer) is tuple and len(answer) == 2 else answer
