"""The table of what is refused (PROTOCOL.md, section 11): each row with its status and code, and nothing comes of it."""

from __future__ import annotations

import json
import os
import re
import signal
import tempfile
import unittest
from typing import Any, Callable

from _runner import limits
from tests.support.attached import Attached, Runner
from tests.support.host import PATIENCE
from tests.support.processes import copies, family, until
from tests.support.protocol import table
from tests.support.tier import of_the_supervisor

setUpModule = of_the_supervisor

ROWS = table("refused")


class RefusedTest(unittest.TestCase):
    def setUp(self) -> None:
        self.runner = Runner()
        self.addCleanup(self.runner.__exit__, None, None, None)
        self.host = Attached(self.runner)
        self.addCleanup(self.host.close)
        self.host.__enter__()
        self.main = self.host.open()
        self.host.execute("x = 1")
        self.host.settle()

    def rows(self, state: str) -> list[list[str]]:
        found = [row[1:] for row in ROWS if row[0] == state]
        self.assertTrue(found, state)
        return found

    def test_every_state_of_the_table_is_tried(self) -> None:
        tried = {name.rpartition("_in_the_state_")[2] for name in dir(self) if "_in_the_state_" in name}
        self.assertEqual(tried, {row[0] for row in ROWS})
        self.assertEqual([row for row in ROWS if int(row[3]) >= 500], [])

    def test_what_is_refused_in_the_state_open(self) -> None:  # rule: ERR-5, ERR-3
        for row in self.rows("open"):
            self.refused(row, self.main)

    def test_what_is_refused_in_the_state_removed(self) -> None:  # rule: ERR-5
        removed = self.host.open("removed")
        self.assertEqual(self.host.call("session.close", session=removed)["result"], {})
        for row in self.rows("removed"):
            self.refused(row, removed)

    def test_what_is_refused_in_the_state_closing(self) -> None:  # rule: ERR-5
        for row in self.rows("closing"):
            session = self.host.open("closing")
            self.meanwhile(row, session, "session.close", {"session": session})
            self.assertEqual([found["name"] for found in self.host.sessions()], ["main"])

    def test_what_is_refused_in_the_state_restoring(self) -> None:  # rule: ERR-5
        self.host.call("checkpoint", session=self.main, name="c")
        for row in self.rows("restoring"):
            self.meanwhile(row, self.main, "rollback", {"session": self.main, "name": "c"})
            found = self.host.sessions()[0]
            self.assertEqual((found["checkpoints"], found["state"]), (["c"], "idle"))
            self.host.execute("print(x)")
            self.assertEqual(self.host.text(), "1\n")

    def test_a_rollback_is_settled_when_its_session_closes(self) -> None:  # rule: SES-10
        session = self.host.open("closing")
        self.host.call("checkpoint", session=session, name="c")
        kernels = [found["pid"] for found in self.host.sessions()]
        for copy in copies(self.runner.process.pid, kernels):  # so that none of them takes over before the session closes
            os.kill(copy, signal.SIGSTOP)
        rollback = self.host.request("rollback", {"session": session, "name": "c"})
        close = self.host.request("session.close", {"session": session})
        self.host.flush()
        self.assertEqual(self.host.answer(rollback)["error"]["data"]["code"], "execution_failed")
        self.assertEqual(self.host.answer(close)["result"], {})

    def test_what_is_refused_in_the_state_failed(self) -> None:  # rule: ERR-5
        with tempfile.TemporaryDirectory() as folder:
            gone = os.path.join(folder, "gone")
            os.mkdir(gone)
            session = self.host.open("failed", workspace=gone)
            os.rmdir(gone)
            self.host.call("reset", session=session)
            for row in self.rows("failed"):
                self.refused(row, session)

    def test_what_is_refused_in_the_state_full(self) -> None:  # rule: ERR-5
        while len(self.host.sessions()) < limits.SESSIONS:
            self.host.open(f"s{len(self.host.sessions())}")
        for row in self.rows("full"):
            self.refused(row, self.main)

    def test_what_is_refused_in_the_state_kept(self) -> None:  # rule: ERR-5
        for number in range(limits.NAMED_CHECKPOINTS):
            self.host.call("checkpoint", session=self.main, name=f"c{number}")
        for row in self.rows("kept"):
            self.refused(row, self.main)

    # --- a row ---

    def refused(self, row: list[str], session: int) -> None:
        before = self.host.sessions(), family(self.runner.process.pid)
        self.judge(row, session, self.attach(row) if row[0] == "ATTACH" else self.asked(row, session)())
        self.assertEqual([_lasting(one) for one in self.host.sessions()], [_lasting(one) for one in before[0]])
        until(lambda: not family(self.runner.process.pid) - before[1], PATIENCE)

    def meanwhile(self, row: list[str], session: int, method: str, params: dict[str, Any]) -> None:
        """Asked for in one breath with another thing: the runner has both before it does either."""
        os.kill(self.runner.process.pid, signal.SIGSTOP)
        try:
            first = self.host.request(method, params)
            answer = self.asked(row, session)
            self.host.flush()
        finally:
            os.kill(self.runner.process.pid, signal.SIGCONT)
        self.judge(row, session, answer())
        self.assertIn("result", self.host.answer(first))

    def asked(self, row: list[str], session: int) -> Callable[[], dict[str, Any]]:
        """Sent; calling it waits for the answer."""
        method, params = row[0], _params(row[1], session, None)
        if method != "execute":
            number = self.host.request(method, params)
        else:
            number = self.host.request(method, params, session, 1000, [b"raise SystemExit"])
        return lambda: self.host.answer(number)["error"]  # type: ignore[no-any-return]

    def attach(self, row: list[str]) -> dict[str, Any]:
        other = Attached(self.runner, dial=False)
        other.dial(**_params(row[1], 0, self.host.incarnation))
        self.addCleanup(other.peer.close)
        said = other.refused
        return {"message": said["message"], "data": {"code": said["code"], "status": said["status"]}}

    def judge(self, row: list[str], session: int, error: dict[str, Any]) -> None:
        with self.subTest(asked=row[0], params=row[1]):
            self.assertEqual((error["data"]["status"], error["data"]["code"]), (int(row[2]), row[3]), error)
            for word in re.findall("`([^`]+)`", f"`{row[4]}`"):
                self.assertIn(word.replace("<session>", str(session)), error["message"])


def _lasting(session: dict[str, Any]) -> tuple[Any, ...]:
    return session["session"], session["name"], session["state"], session["pid"], session["checkpoints"]


def _params(text: str, session: int, incarnation: Any) -> dict[str, Any]:
    text = text.replace('"<session>"', str(session)).replace('"<incarnation>"', json.dumps(incarnation))
    text = re.sub("<([0-9]+) characters>", lambda count: "x" * int(count[1]), text)
    tools = re.search('"<([0-9]+) tools>"', text)
    if tools is not None:
        text = text.replace(tools[0], json.dumps([{"name": f"t{number}"} for number in range(int(tools[1]))]))
    found: dict[str, Any] = json.loads(text)
    return found


if __name__ == "__main__":
    unittest.main()
