"""An MCP server with one tool that adds, and nothing else: what it costs is the way to it."""

import json
import sys

TOOL = {
    "name": "add_by_mcp",
    "inputSchema": {
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
        "required": ["a", "b"],
    },
}


def answer(method, params):
    if method == "initialize":
        return {
            "protocolVersion": params["protocolVersion"],
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "bench", "version": "1"},
        }
    if method == "tools/list":
        return {"tools": [TOOL]}
    if method == "tools/call":
        given = params["arguments"]
        return {"content": [{"type": "text", "text": str(given["a"] + given["b"])}]}
    return {}


for line in sys.stdin:
    request = json.loads(line)
    if "id" in request:
        said = {"jsonrpc": "2.0", "id": request["id"], "result": answer(request["method"], request.get("params") or {})}
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()
