"""Where a cell waits until a test lets it go on, however long that takes."""

from __future__ import annotations

import pathlib
import tempfile
import unittest

# To be filled with a gate that is shut: work that is done as soon as it opens, if it goes on till then.
LATER = "import asyncio\nasync def later():\n  global late\n  while {}: await asyncio.sleep(0.01)\n  late = True\n"


class Gate:
    """Closed at first; gone with the test."""

    def __init__(self, case: unittest.TestCase) -> None:
        folder = tempfile.TemporaryDirectory()
        case.addCleanup(folder.cleanup)
        self._mark = pathlib.Path(folder.name, "open")
        # An expression, and lines that wait at it.
        self.shut = f"not __import__('os').path.exists({str(self._mark)!r})"
        self.wait = f"import time\nwhile {self.shut}: time.sleep(0.01)"

    def open(self) -> None:
        self._mark.touch()
