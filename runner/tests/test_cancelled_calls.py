"""Cancelled tool calls through a real supervisor: they cost the kernel nothing for ever."""

from __future__ import annotations

import unittest
from typing import Any

from _runner import kernels
from _runner.messages import Message
from tests.support.host import Host

CALLS = kernels._CALLS_BOUND + 200


class SilentHost(Host):
    """Answers no call: what was cancelled needs no answer."""

    def _call_tool(self, message: Message, envelope: dict[str, Any]) -> None:
        pass


class CancelledCallsTest(unittest.TestCase):
    def test_more_calls_may_be_cancelled_than_may_be_open(self) -> None:  # rule: LIF-12
        with SilentHost() as host:
            host.open()
            host.call("tools.register", session=1, tools=[{"name": "silent"}])
            result = host.execute(
                "import asyncio\n"
                "async def give_up():\n"
                "    task = asyncio.ensure_future(silent())\n"
                "    await asyncio.sleep(0)\n"
                "    task.cancel()\n"
                "    try: await task\n"
                "    except asyncio.CancelledError: return 1\n"
                f"print(sum([await give_up() for _ in range({CALLS})]))"
            )
            self.assertEqual((result["outcome"], host.text()), ("completed", f"{CALLS}\n"))
            self.assertEqual(result["totals"]["toolCalls"], CALLS)


if __name__ == "__main__":
    unittest.main()
