"""The payload's own tests: `python -m unittest discover -s tests -t .` in the folder above."""

import os
import pathlib
import sys

# The tests' own process is asked whether it may be copied, and numpy would start threads in it.
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"

SOURCES = pathlib.Path(__file__).resolve().parent.parent / "src"
PROTOCOL = SOURCES.parent.parent / "docs" / "PROTOCOL.md"

if str(SOURCES) not in sys.path:
    sys.path.insert(0, str(SOURCES))
