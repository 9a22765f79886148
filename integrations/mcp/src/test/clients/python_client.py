"""The official Python client of MCP against the server: what it sees, as JSON.

python_client.py start COMMAND...  |  python_client.py http URL TOKEN
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys

import mcp
from mcp.client import streamable_http

SESSIONS = 4
CALLS = 20


def text(result: mcp.types.CallToolResult) -> str:
    return "".join(part.text for part in result.content if part.type == "text")


def first(result: mcp.types.CallToolResult) -> str:
    return text(result).partition("\n")[0]


async def failure(client: mcp.Client, tool: str, arguments: dict) -> int:
    try:
        await client.call_tool(tool, arguments)
    except mcp.MCPError as refused:
        return refused.error.code
    return 0


async def cancelled(client: mcp.Client) -> str:
    """Takes a call back as soon as its cell is known to run."""
    running = asyncio.Event()

    async def progress(done: float, total: float | None, message: str | None) -> None:
        running.set()

    call = asyncio.create_task(
        client.call_tool("execute", {"code": "kept = 7; print('on', flush=True)\nwhile True: pass"}, progress_callback=progress)
    )
    await running.wait()
    call.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await call
    return first(await client.call_tool("execute", {"code": "kept"}))


async def progress(client: mcp.Client) -> str:
    """The cell goes on until all that it printed was heard, as with clients that drop what comes together with the answer."""
    told: list[str] = []
    whole = asyncio.Event()

    async def heard(done: float, total: float | None, message: str | None) -> None:
        told.append(message or "")
        if "".join(told).endswith("2\n"):
            whole.set()

    code = "import threading\nfor i in range(3): print(i, flush=True)\nthreading.Event().wait()"
    call = asyncio.create_task(client.call_tool("execute", {"code": code}, progress_callback=heard))
    await whole.wait()
    await client.call_tool("interrupt", {})
    await call
    return "".join(told)


async def concurrent(client: mcp.Client) -> list[str]:
    names = [f"s{n}" for n in range(SESSIONS)]
    await asyncio.gather(*(client.call_tool("open_session", {"session": name}) for name in names))
    await asyncio.gather(*(client.call_tool("execute", {"code": "mine = 0", "session": name}) for name in names))
    calls = (client.call_tool("execute", {"code": "mine += 1", "session": names[n % SESSIONS]}) for n in range(CALLS))
    await asyncio.gather(*calls)
    return [first(await client.call_tool("execute", {"code": "mine", "session": name})) for name in names]


async def look(client: mcp.Client) -> dict:
    seen = {"tools": sorted(tool.name for tool in (await client.list_tools()).tools)}
    seen["value"] = first(await client.call_tool("execute", {"code": "6 * 7"}))
    seen["progress"] = await progress(client)
    failed = await client.call_tool("execute", {"code": "raise ValueError('no tea')"})
    seen["error"] = [failed.is_error, "ValueError: no tea" in text(failed), "preserved (live)" in text(failed)]
    late = await client.call_tool("execute", {"code": "while True: pass", "timeout_seconds": 0.3})
    seen["late"] = [late.is_error, "timed_out" in text(late)]
    seen["cancelled"] = await cancelled(client)
    seen["concurrent"] = await concurrent(client)
    seen["bad"] = (await client.call_tool("execute", {"cod": "1"})).is_error
    seen["unknown"] = await failure(client, "exec", {})
    seen["nowhere"] = "no session 'x'" in text(await client.call_tool("execute", {"code": "1", "session": "x"}))
    await client.call_tool("put_file", {"path": "in/a.txt", "text": "grüße"})
    seen["files"] = text(await client.call_tool("list_files", {}))
    seen["file"] = text(await client.call_tool("get_file", {"path": "in/a.txt"}))
    await client.call_tool("execute", {"code": "x = 1"})
    await client.call_tool("checkpoint", {"name": "one"})
    await client.call_tool("execute", {"code": "x = 2"})
    await client.call_tool("rollback", {"name": "one"})
    seen["rolledBack"] = first(await client.call_tool("execute", {"code": "x"}))
    return seen


async def main(how: str, *where: str) -> None:
    async with contextlib.AsyncExitStack() as stack:
        if how == "start":
            transport = mcp.stdio_client(mcp.StdioServerParameters(command=where[0], args=list(where[1:])))
        else:
            # Whatever library of HTTP this version of the client uses, it is the one to make a client of.
            library = getattr(streamable_http, "httpx2", None) or streamable_http.httpx
            http = library.AsyncClient(headers={"Authorization": f"Bearer {where[1]}"}, timeout=30)
            transport = streamable_http.streamable_http_client(where[0], http_client=await stack.enter_async_context(http))
        async with mcp.Client(transport) as client:
            print(json.dumps(await look(client)))


asyncio.run(main(*sys.argv[1:]))
