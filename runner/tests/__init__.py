"""Unit tests of the payload: `python -m unittest discover -s tests -t .`, here in runner/."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))
