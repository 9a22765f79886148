"""The builtins as they were before user code ran.

A module that begins with `from .pristine import BUILTINS as __builtins__` resolves `len` and its
like here, so that a user who patches `builtins` changes the user's world and not the runner's.
"""

from __future__ import annotations

import builtins

BUILTINS = dict(vars(builtins))
