"""What a cell does to its own process, and what of it the next cell, a deadline and a takeover notice: nothing."""

from __future__ import annotations

import os
import signal
import unittest
from typing import Any

from tests.support.host import Host
from tests.support.processes import alive

SETUP = "import os\ndef double(x): return 2 * x\ng = (n for n in range(5)); kept = [next(g)]"
CHECK = "kept[0] += double(next(g)); __import__('os').write(1, b'%d' % kept[0])"
DAMAGES = {
    "no directory": "os.mkdir('gone'); os.chdir('gone'); os.rmdir('../gone')",
    "another directory": "os.chdir('/')",
    "umask": "os.umask(0o777)",
    "no descriptors": "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (8, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))",
    "no file size": "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (0, -1))",
    "faulthandler": "import faulthandler; faulthandler.disable()",
    "wakeup fd": "import signal; signal.set_wakeup_fd(-1)",
    "trace": "import sys\ndef trace(*_): raise RuntimeError('traced')\nsys.settrace(trace)",
    "profile": "import sys\ndef profile(*_): raise RuntimeError('profiled')\nsys.setprofile(profile)",
    "no streams": "import sys; sys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = None",
    "closed streams": "import sys; sys.stdout.close(); sys.stderr.close(); os.close(1); os.close(2)",
    "detached streams": "import sys; sys.stdout.detach(); sys.stderr.detach()",
    "builtins": "import builtins\nfor name in ('print', 'open', 'len', 'type', 'isinstance', 'getattr', 'Exception', 'int', 'str', 'dict'): setattr(builtins, name, None)",
    "os": "for name in ('fork', 'close', 'read', 'write', 'getpid', 'pipe', 'waitpid', 'lseek', 'listdir', 'stat', 'fstat', 'open', 'readlink'):\n"
    "  if name != 'write': setattr(os, name, None)",
    "modules": "import json, socket, threading, time, signal, gc, struct, mmap, select, ctypes, _signal\n"
    "for module, names in ((json, 'dumps loads'), (socket, 'socket socketpair'), (threading, 'Thread Lock'), (time, 'sleep monotonic monotonic_ns'),\n"
    "    (signal, 'signal getsignal pthread_sigmask'), (gc, 'freeze unfreeze collect'), (struct, 'Struct'), (mmap, 'mmap'), (select, 'poll'),\n"
    "    (_signal, 'signal getsignal')):\n"
    "  for name in names.split(): setattr(module, name, None)",
    "sys.modules": "import sys; [sys.modules.pop(name) for name in list(sys.modules) if name not in ('sys', 'builtins', '__main__')]",
    "sys.path": "import sys; sys.path[:] = []; sys.meta_path[:] = []; sys.path_hooks[:] = []",
    "collector": "import gc; gc.disable(); gc.set_threshold(0); gc.callbacks.append(lambda *_: 1 / 0)",
    "recursion": "import sys; sys.setrecursionlimit(60)",
    "environment": "os.environ.clear()",
    "fork handlers": "def fail(): raise RuntimeError('fork')\nos.register_at_fork(before=fail, after_in_parent=fail, after_in_child=fail)",
    "random": "import random; random.getstate = random.setstate = random.seed = None",
    "exit": "import atexit\natexit.register(os.abort)",
    "excepthook": "import sys; sys.excepthook = sys.unraisablehook = sys.displayhook = sys.exit = None",
    "warnings": "import warnings; warnings.simplefilter('error'); warnings.catch_warnings = warnings.warn = None",
    "main": "import sys; sys.modules['__main__'] = None",
}
# These take away what a copy is made with.
UNCOPIED = ("builtins", "os", "modules")


class DamageTest(unittest.TestCase):
    def test_whatever_a_cell_does_to_its_process_the_next_one_works_and_a_copy_takes_over(self) -> None:  # rule: H23, H40
        with Host() as host:
            for name, damage in DAMAGES.items():
                with self.subTest(name):
                    self._row(host, name, damage)

    def _row(self, host: Host, name: str, damage: str) -> None:
        session = host.open(name)
        host.execute(SETUP, session)
        result = host.execute(damage, session)
        self.assertIn(result["outcome"], ("completed", "raised"), result)
        pid = host.kernel(session)
        self.assertEqual(self._next(host, session), "2", result)
        self.assertEqual(host.kernel(session), pid)
        stuck = host.execute("while True: pass", session, timeoutMs=50, graceMs=8_000)
        self.assertEqual((stuck["outcome"], stuck["cause"]["killed"]), ("timed_out", False))
        host.settle(session)
        os.kill(pid, signal.SIGKILL)
        state = host.generation(session)["state"]
        if name in UNCOPIED and state["source"] != "checkpoint":  # then that is said
            self.assertIn("kept", (*state["lost"], *state["restored"]), state)
            self.assertEqual(host.execute("print('on')", session)["outcome"], "completed")
        else:
            self.assertEqual((state["source"], state["lost"]), ("checkpoint", []), state)
            self.assertEqual(self._next(host, session), "6")
        host.call("session.close", session=session)

    def _next(self, host: Host, session: int) -> str:
        result = host.execute(CHECK, session)
        self.assertEqual(result["outcome"], "completed", host.reports.get(host.cell(session)))
        return host.text(session)


class MemoryTest(unittest.TestCase):
    def setUp(self) -> None:
        self.host = Host()
        self.host.wait_for(lambda: self.host.hello)
        self.addCleanup(self.host.close)
        self.host.open()
        self.execute("import os, resource\ndef f(): return kept\nkept = [1]")

    def execute(self, code: str, **params: Any) -> dict[str, Any]:
        return self.host.execute(code, **params)

    def test_too_much_memory_is_an_error_of_the_cell(self) -> None:  # rule: H20
        limited = "resource.setrlimit(resource.RLIMIT_AS, (1 << 30, -1)); "
        result = self.execute(f"{limited}kept.append(2); big = bytearray(3 << 30)")
        self.assertEqual((result["outcome"], result["state"]["source"]), ("raised", "live"))
        self.assertEqual(self.host.reports[self.host.cell()]["error"]["type"], "MemoryError")
        self.assertEqual(self.execute("print(f())")["outcome"], "completed")
        self.assertEqual(self.host.text(), "[1, 2]\n")
        result = self.execute("grown = []\nwhile True: grown.append(bytearray(1 << 24))", timeoutMs=20_000)
        self.assertEqual((result["outcome"], self.host.reports[self.host.cell()]["error"]["type"]), ("raised", "MemoryError"))
        self.execute("del grown; print(f())")
        self.assertEqual(self.host.text(), "[1, 2]\n")
        self.assertTrue(alive(self.host.hello["pid"]))

    def test_a_kernel_that_is_killed_from_outside_is_followed_by_its_copy(self) -> None:  # rule: H20, H40
        number = self.host.start("kept.append('lost'); print('on', flush=True)\nwhile True: pass")
        self.host.wait_for(lambda: self.host.text().endswith("\n"))
        os.kill(self.host.kernel(), signal.SIGKILL)  # as the system does when memory runs out
        result = self.host.finish(number)
        self.assertEqual((result["outcome"], result["cause"]["signal"]), ("crashed", "SIGKILL"))
        self.assertEqual((result["state"]["source"], result["state"]["preserved"]), ("checkpoint", True))
        self.execute("print(f())")
        self.assertEqual(self.host.text(), "[1]\n")

    def test_under_memory_pressure_the_kernel_goes_first_then_its_copies_and_never_the_supervisor(self) -> None:  # rule: H20
        self.execute("print(open('/proc/self/oom_score_adj').read().strip())")
        self.assertEqual(self.host.text(), "1000\n")
        with open(f"/proc/{self.host.hello['pid']}/oom_score_adj", encoding="ascii") as file:
            self.assertLess(int(file.read()), 900)


if __name__ == "__main__":
    unittest.main()
