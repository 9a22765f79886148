"""Reads rules, tables and examples out of PROTOCOL.md."""

from __future__ import annotations

import re

from tests import PROTOCOL

_TEXT = PROTOCOL.read_text(encoding="utf-8")


def table(name: str) -> list[list[str]]:
    """The rows of the table behind `<!-- table:name -->`, without its heading; cells stripped of back-ticks."""
    block = _TEXT.split(f"<!-- table:{name} -->\n", 1)[1]
    rows = []
    for line in block.splitlines():
        if not line.startswith("|"):
            break
        rows.append([cell.strip().strip("`") for cell in line.strip("|").split(" | ")])
    return [row for row in rows[1:] if not set("".join(row)) <= set("-| ")]


def examples(language: str) -> dict[str, str]:
    """Name to text of each fenced block with that language and a `wire:` name."""
    return dict(re.findall(rf"```{language} wire:(\S+)\n(.*?)```", _TEXT, re.DOTALL))
