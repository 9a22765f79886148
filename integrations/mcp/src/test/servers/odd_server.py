"""An MCP server for tests, of the standard library: whole answers, odd ones, and none.

odd_server.py [twins] [deaf] [quiet] [polite] [stubborn]
"""

from __future__ import annotations

import json
import os
import sys
import subprocess
import threading
import time

ANY = {"type": "object", "properties": {}}
TEXT = {"type": "object", "properties": {"text": {"type": "string", "maxLength": 20}}, "required": ["text"], "additionalProperties": False}
TOOLS = {
    "say-it": TEXT, "structured": ANY, "texts": ANY, "image": ANY, "mixed": ANY, "nothing": ANY, "fail": ANY, "refuse": ANY,
    "step": ANY, "hang": ANY, "taken": ANY, "die": ANY, "large": ANY, "family": ANY,
}  # fmt: skip
PIXEL = "iVBORw0KGgo="
LOCK = threading.Lock()
TAKEN = []
HANGING = threading.Event()


def send(**message: object) -> None:
    with LOCK:
        sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        sys.stdout.flush()


def text(word: str) -> dict:
    return {"type": "text", "text": word}


def call(name: str, given: dict, request: dict) -> dict | None:
    if name == "say-it":
        return {"content": [text("it: " + given["text"])]}
    if name == "structured":
        return {"content": [text("unused")], "structuredContent": {"sum": 3, "words": ["ü"]}}
    if name == "texts":
        return {"content": [text("one"), text("two")]}
    if name == "image":
        return {"content": [{"type": "image", "data": PIXEL, "mimeType": "image/png"}]}
    if name == "mixed":
        blob = {"uri": "test:/b", "blob": PIXEL}
        return {"content": [text("here"), {"type": "resource", "resource": blob}]}
    if name == "nothing":
        return {"content": []}
    if name == "fail":
        return {"content": [text("no tea left")], "isError": True}
    if name == "step":
        token = request["_meta"]["progressToken"]
        for n in (1, 2):
            send(method="notifications/progress", params={"progressToken": token, "progress": n, "total": 2, "message": f"step {n}"})
        return {"content": [text("done")]}
    if name == "taken":
        return {"content": [], "structuredContent": {"taken": len(TAKEN)}}
    if name == "family":
        return {"content": [], "structuredContent": {"pids": [os.getpid(), CHILD.pid]}}
    if name == "large":
        return {"content": [text("x" * (40 << 20))]}
    if name == "hang":
        return None
    print("out of beans", file=sys.stderr, flush=True)
    os._exit(3)


def serve(message: dict) -> None:
    method, params = message["method"], message.get("params", {})
    if method == "initialize":
        result = {"protocolVersion": params["protocolVersion"], "capabilities": {"tools": {}}, "serverInfo": {"name": "odd", "version": "1"}}
    elif method == "tools/list":
        names = ["get-it", "get_it"] if "twins" in sys.argv else TOOLS
        result = {"tools": [{"name": name, "description": f"The tool {name}.", "inputSchema": TOOLS.get(name, ANY)} for name in names]}
    elif method == "tools/call" and params["name"] == "refuse":
        send(id=message["id"], error={"code": -32603, "message": "the kettle is cold"})
        return
    elif method == "tools/call":
        result = call(params["name"], params.get("arguments", {}), params)
        if result is None:
            return
    elif method == "notifications/cancelled":
        TAKEN.append(params["requestId"])
        return
    else:
        return
    send(id=message["id"], result=result)


if "quiet" not in sys.argv:
    print("this is no message", flush=True)
if "deaf" in sys.argv:
    os.close(2)
CHILD = None
if "stubborn" in sys.argv or "polite" in sys.argv:
    CHILD = subprocess.Popen(["sleep", "600"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
for line in sys.stdin:
    serve(json.loads(line))
if "stubborn" in sys.argv:
    time.sleep(600)
