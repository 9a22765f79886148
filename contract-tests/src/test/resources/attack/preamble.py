"""Comes before each program: what was planted for it, and how it says what it measured."""

import json as _json
import os as _os

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


def the_zygote():
    """The process that kernels come from: the oldest of the parent's children with that word, for later ones it has forked."""
    found = []
    for name in filter(str.isdigit, _os.listdir("/proc")):
        try:
            words = open(f"/proc/{name}/cmdline").read().split("\0")
            told = open(f"/proc/{name}/stat").read().rpartition(")")[2].split()
        except OSError:
            continue
        if "zygote" in words and int(told[1]) == _os.getppid():
            found.append((int(told[19]), int(name)))  # by its start: numbers begin anew when they are used up
    if not found or min(found)[1] == _os.getpid():
        raise RuntimeError("it is not there")
    return min(found)[1]
