"""Comes before each program: what was planted for it, and how it says what it measured."""

import json as _json

planted = _json.loads(PLANTED)  # noqa: F821


def verdict(word, detail):
    print(f"\nATTACK {word}: {detail}", flush=True)


def attempt(act, what):
    """Say what an act gave, or by what it was refused."""
    try:
        found = act()
    except (OSError, MemoryError, RuntimeError) as problem:
        verdict("prevented", f"{what}: {type(problem).__name__}: {problem}")
        return None
    verdict("succeeded", f"{what}: {found!r:.200}")
    return found
