"""How often a test does its thing: small counts by default, the design's where the environment variable PYVISOR_TIER asks for them."""

from __future__ import annotations

import os
import sys
import unittest

TIERS = ("verify", "wide", "proof", "full")


def tier() -> str:
    found = os.environ.get("PYVISOR_TIER") or TIERS[0]
    assert found in TIERS, f"PYVISOR_TIER: one of {', '.join(TIERS)}, not {found!r}"
    return found


def count(what: str, verify: int, full: int) -> int:
    """The count of this tier; prints it beside the design's."""
    now = full if tier() == "full" else verify
    tell(f"{what}: {now} (design's {full}) in tier {tier()}")
    return now


def thorough() -> bool:
    """Whether everything runs on this Python: from the tier wide on, on each; in the smallest, on one."""
    return tier() == "full" or os.environ.get("PYVISOR_THOROUGH", "yes") == "yes"


def thorough_from_wide() -> bool:
    """The same, and the smallest tier leaves it out on every Python."""
    return thorough() and tier() != "verify"


def _starts_no_runner() -> bool:
    return os.environ.get("PYVISOR_THOROUGH") in ("units", "quick")


def of_the_supervisor() -> None:
    """For `setUpModule` where all that is tested stands between host and kernel: in the smallest tier one Python is enough."""
    if _starts_no_runner():
        raise unittest.SkipTest("between host and kernel every Python does the same: another one runs it, and -Pwide all")


def starts_a_runner() -> None:
    """For what starts one: in the smallest tier one Python does, and the contracts do on all others."""
    if _starts_no_runner():
        raise unittest.SkipTest("on this Python the contracts start runners; -Pwide does so here too")


def not_on_each() -> None:
    """For `setUpModule` of what computes long, or tests what every Python does the same: in the smallest tier two of them are enough."""
    if os.environ.get("PYVISOR_THOROUGH") == "quick":
        raise unittest.SkipTest("the standard Python and the oldest run this; -Pwide does so here too")


def tell(line: str) -> None:
    """A figure for whoever reads the run's output."""
    print(line, file=sys.stderr, flush=True)
