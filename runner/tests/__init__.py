"""The payload's own tests: `python -m unittest discover -s tests -t .` in the folder above."""

import pathlib
import sys

SOURCES = pathlib.Path(__file__).resolve().parent.parent / "src"
PROTOCOL = SOURCES.parent.parent / "docs" / "PROTOCOL.md"

if str(SOURCES) not in sys.path:
    sys.path.insert(0, str(SOURCES))
