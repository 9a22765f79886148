"""The worker that people write by hand: one JSON line in, one JSON line out, no supervision."""

import contextlib
import io
import json
import sys
import traceback

scope = {}
for line in sys.stdin:
    request = json.loads(line)
    output = io.StringIO()
    error = None
    with contextlib.redirect_stdout(output):
        try:
            exec(request["code"], scope)
        except Exception:
            error = traceback.format_exc()
    print(json.dumps({"id": request["id"], "stdout": output.getvalue(), "error": error}), flush=True)
