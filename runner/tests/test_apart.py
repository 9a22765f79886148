"""Supervisor and zygote keep apart from what cells do: their code, their libraries, their threads."""

from __future__ import annotations

import os
import pathlib
import shutil
import signal
import tempfile
import unittest

from _runner import limits
from tests.support.host import PATIENCE, Host
from tests.support.payload import patched
from tests.support.processes import children, command, copies, threads, until, until_gone
from tests.support.tier import of_the_supervisor

setUpModule = of_the_supervisor

# A library of the user's that tells who loads it, and who asks an object of it for its parts, as pickling does.
LIBRARY = """
import os
def tell(what):
    with open('told', 'a') as file: file.write(f'{what} {os.getpid()}\\n')
tell('loaded')
class Thing:
    def __reduce_ex__(self, protocol): tell('reduced'); return object.__reduce_ex__(self, protocol)
"""


class ApartTest(unittest.TestCase):
    def test_no_library_of_the_users_is_loaded_outside_its_kernel(self) -> None:  # rule: W17
        with Host() as host:
            host.open()
            host.tools["take"] = lambda *things: None
            host.call("tools.register", session=1, tools=[{"name": "take"}])
            host.execute(f"open('library.py', 'w').write({LIBRARY!r}); import library, threading; thing = library.Thing()")
            kernels = {host.kernel()}
            host.execute("take.sync(thing, [thing], {'k': thing})")
            host.execute("thing", value=True)
            self.assertEqual(host.execute("raise ValueError(thing)")["outcome"], "raised")
            # With a copy of the process first; then, beside a thread, with plain data only.
            for keeps in ("pass", "threading.Thread(target=threading.Event().wait, daemon=True).start()"):
                host.execute(f"import os, library; thing = library.Thing(); {keeps}")
                self.assertEqual(host.execute("os._exit(7)")["outcome"], "crashed")
                host.execute("import library; print(open('told').read())")
                kernels.add(host.kernel())
            told = host.text().split()
            self.assertEqual(set(told[::2]), {"loaded"})
            self.assertLessEqual(set(map(int, told[1::2])), kernels)

    def test_supervisor_and_zygote_have_one_thread_each_whatever_cells_do(self) -> None:  # rule: W42
        with Host() as host:
            host.open()
            started = "import threading; [threading.Thread(target=threading.Event().wait, daemon=True).start() for _ in range(3)]"
            host.execute(f"{started}; import asyncio; await asyncio.sleep(0)")
            host.open("other")
            host.settle()
            own = {found["pid"] for found in host.sessions()}
            others = [pid for pid in children(host.process.pid) if pid not in own and command(pid) != "pyvisor-copy"]
            self.assertEqual(len(others), 1, "the zygote, from which kernels are forked")
            self.assertEqual([threads(pid) for pid in (host.process.pid, *others)], [1, 1])
            self.assertEqual(threads(host.kernel()), 4)

    def zygote(self, host: Host) -> int:
        """A copy that is just being made does not have its name yet, so that there may be two for a moment."""
        own = {found["pid"] for found in host.sessions()}

        def others() -> list[int]:
            return [pid for pid in children(host.process.pid) if pid not in own and command(pid) != "pyvisor-copy"]

        until(lambda: len(others()) == 1, PATIENCE)
        return others()[0]

    def test_where_code_is_confined_the_runner_ends_with_its_zygote_and_starts_no_other(self) -> None:
        with Host(environment={limits.CONFINE_VARIABLE: "1"}) as host:
            host.open()
            zygote, kernel = self.zygote(host), host.kernel()
            host.execute("x = 1")
            os.kill(zygote, signal.SIGKILL)
            host.wait_for_end()
            until_gone([kernel], PATIENCE)
        self.assertIn("and in a sandbox its runner with it", host.errors)

    def test_elsewhere_another_zygote_takes_its_place(self) -> None:
        with Host() as host:
            host.open()
            zygote = self.zygote(host)
            host.execute("x = 1")
            os.kill(zygote, signal.SIGKILL)
            host.open("another")
            host.execute("print(x)")
            self.assertEqual(host.text(), "1\n")

    def test_a_kernel_that_was_asked_of_a_zygote_which_ends_comes_from_the_next(self) -> None:
        with Host() as host:
            host.open()
            zygote = self.zygote(host)
            os.kill(zygote, signal.SIGSTOP)
            number = host.request("session.open", {"name": "another"})
            host.call("status")  # which the runner answers after it has asked for the kernel
            os.kill(zygote, signal.SIGKILL)
            session = host.answer(number)["result"]["session"]
            host.execute("print('here')", session)
            self.assertEqual(host.text(session), "here\n")
            self.assertNotEqual(self.zygote(host), zygote)

    def test_a_zygote_that_code_has_stopped_is_replaced_when_a_kernel_is_overdue(self) -> None:
        with Host() as host:
            host.open()
            zygote = self.zygote(host)
            os.kill(zygote, signal.SIGSTOP)
            self.assertIn("was not ready after 10 s", host.call("session.open", name="late")["error"]["message"])
            session = host.open("next")
            host.execute("print('here')", session)
            self.assertEqual(host.text(session), "here\n")
            self.assertNotEqual(self.zygote(host), zygote)
        short = patched(type(self), "limits", "START_BUDGET = 10.0", "START_BUDGET = 4.0")  # for the first kernel, too
        with Host(payload=short, environment={limits.CONFINE_VARIABLE: "1"}) as host:
            host.open()
            os.kill(self.zygote(host), signal.SIGSTOP)
            host.request("session.open", {"name": "late"})
            host.wait_for_end()

    def test_a_zygote_that_died_over_what_it_had_not_read_is_followed_by_another(self) -> None:
        sends = "        try:\n            socket.send_fds(self._socket, [birth.request], birth.descriptors)\n"
        dies = "        if self._births == 3: linux.kill(self.pid); os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)\n"
        with Host(payload=patched(type(self), "nursery", sends, dies + sends)) as host:
            host.open()
            os.kill(self.zygote(host), signal.SIGSTOP)
            unread = host.request("session.open", {"name": "unread"})
            for session in (host.open("next"), host.answer(unread)["result"]["session"]):
                host.execute("print('here')", session)
                self.assertEqual(host.text(session), "here\n")

    def test_a_kernel_that_the_zygote_did_not_tell_of_runs_nothing(self) -> None:
        mark = pathlib.Path(tempfile.mkdtemp(prefix="pyvisor-mark-"), "mark")
        self.addCleanup(shutil.rmtree, mark.parent)
        # The zygote ends between the fork of a kernel and the answer that tells of it, the first time.
        tells = '    requests.send(json.dumps(answer).encode("ascii"))\n    # Released'
        ends = f"    if not os.path.exists({str(mark)!r}):\n        open({str(mark)!r}, 'w').close()\n        os._exit(1)\n" + tells
        with Host(payload=patched(type(self), "zygote", tells, ends)) as host:
            host.open()
            self.assertTrue(mark.exists())
            host.execute("print('one')")
            self.assertEqual(host.text(), "one\n")
            zygote = self.zygote(host)
            until(lambda: set(children(host.process.pid)) - set(copies(host.process.pid, [host.kernel()])) == {zygote, host.kernel()}, PATIENCE)

    def test_a_request_that_ends_every_zygote_is_refused_and_the_next_is_served(self) -> None:
        asks = "    release, released = -1, -1\n"
        ends = asks + "    if config['session'] == 2: os._exit(1)\n"
        with Host(payload=patched(type(self), "zygote", asks, ends)) as host:
            host.open()
            self.assertIn("the zygote ended", str(host.call("session.open", name="deadly")["error"]))
            host.execute("print('goes on')")
            self.assertEqual(host.text(), "goes on\n")
            host.execute("print('too')", host.open("third"))

    def test_code_that_is_confined_can_neither_read_nor_write_the_zygotes_memory(self) -> None:  # which no group of the code's limits holds
        tells = "    obstacle = _confine()\n    sys.stderr.write(f'zygote {linux._libc.prctl(3)}\\n')"  # PR_GET_DUMPABLE
        with Host(environment={limits.CONFINE_VARIABLE: "1"}, payload=patched(type(self), "zygote", "    obstacle = _confine()", tells)) as host:
            host.open()
            host.execute("import ctypes; print(ctypes.CDLL(None).prctl(3))")
            self.assertEqual(host.text(), "1\n")  # a kernel's own are its own
        self.assertEqual(host.errors, "zygote 0\n")


if __name__ == "__main__":
    unittest.main()
