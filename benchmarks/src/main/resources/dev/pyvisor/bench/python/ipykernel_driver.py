"""Runs an ipykernel. For each line of stdin, executes an empty cell and prints the nanoseconds from
execute_request to idle. The first line that it prints is "ready" with versions, or "missing NAME".

What Jupyter and IPython write goes below the directory argv[1].
"""

import os
import sys
import time

for name in ("HOME", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR"):
    os.environ[name] = sys.argv[1]

try:
    import ipykernel
    import jupyter_client
    from jupyter_client.manager import start_new_kernel
except ImportError as missing:
    print("missing", missing.name, flush=True)
    sys.exit(0)

TIMEOUT = 30


def until_idle(client, request):
    while True:
        message = client.get_iopub_msg(timeout=TIMEOUT)
        if message["parent_header"].get("msg_id") != request:
            continue
        if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
            return


def main():
    manager, client = start_new_kernel(startup_timeout=TIMEOUT)
    try:
        print("ready ipykernel", ipykernel.__version__, "jupyter_client", jupyter_client.__version__, flush=True)
        for _ in sys.stdin:
            begin = time.perf_counter_ns()
            request = client.execute("")
            until_idle(client, request)
            print(time.perf_counter_ns() - begin, flush=True)
            client.get_shell_msg(timeout=TIMEOUT)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


main()
