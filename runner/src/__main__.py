"""The runner: supervisor or zygote, by its first argument. This file must parse under every Python there is."""

import gc
import importlib
import os
import sys

FLOOR = (3, 9)

if sys.version_info < FLOOR:
    sys.stderr.write(
        "pyvisor: the runner needs Python %d.%d or newer; this is %s at %s; choose another with --python\n"
        % (FLOOR + (sys.version.split()[0], sys.executable))
    )
    sys.exit(64)


def main(arguments):
    home = os.path.dirname(os.path.abspath(__file__))  # a folder, or a zip
    if home not in sys.path:
        sys.path.insert(0, home)  # isolated mode leaves a script's own folder out
    if arguments[:1] == ["zygote"] and len(arguments) == 2:
        return part("zygote").main(int(arguments[1]))
    host = os.getppid()
    status = serve(home, arguments)
    part("workspaces").clear_up_behind(host)
    return status


def part(name):
    """That module of the runner. What is imported stays: looking through it for garbage took a twelfth of a start."""
    gc.disable()
    module = importlib.import_module("_runner." + name)
    gc.freeze()
    gc.enable()
    return module


def serve(home, arguments):
    if arguments[:1] == ["supervisor"] and len(arguments) == 1:
        return part("supervisor").main(home)
    if arguments[:1] == ["--listen"]:
        return part("listening").main(home, arguments[1:])
    if arguments[:1] == ["outside"] and len(arguments) > 2:
        return part("outside").main(arguments[1:])
    if arguments == ["idle"] or (arguments[:1] in (["sweep"], ["attach"]) and len(arguments) == 2):
        kept = part("kept")
        return kept.idle() if arguments == ["idle"] else kept.sweep(arguments[1], arguments[0] == "attach")
    # stdio-backend: begin
    if arguments == ["--stdio"]:
        return part("legacy_stdio").main(home)
    # stdio-backend: end
    sys.stderr.write(
        "pyvisor: usage: runner.pyz supervisor   (frames on standard input and output)\n"
        "                runner.pyz --listen ADDRESS:PORT --token-file FILE [--detach-ttl 15m] [--cert FILE --key FILE]   (a websocket)\n"
        "                runner.pyz --stdio      (deprecated: lines of the old dialect)\n"  # stdio-backend
    )
    return 64


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
