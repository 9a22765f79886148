"""What a cell is allowed to do, and how it ends."""

from __future__ import annotations

import os
import signal
import unittest

from _runner import limits
from _runner.cells import Compiler, Sources, decode_source
from tests.support.kernels import KernelHost


class KernelTest(unittest.TestCase):
    def setUp(self) -> None:
        self.host = KernelHost()
        self.host.__enter__()
        self.addCleanup(self.host.__exit__)

    def run_cell(self, code: str, value: bool = False):
        return self.host.execute(code, value)

    def expect(self, code: str, out: str) -> None:
        done = self.run_cell(code)
        self.assertEqual(
            (done.outcome, done.out), ("completed", out), done.error and done.error["traceback"]
        )

    def fails(self, code: str) -> dict:
        done = self.run_cell(code)
        self.assertEqual(done.outcome, "raised")
        assert done.error is not None
        return done.error


class CellsTest(KernelTest):
    def test_a_cell_prints_and_keeps_its_state(self) -> None:  # rule: C1, C2, C5
        self.expect("print('hi')", "hi\n")
        self.expect("counter = 40", "")
        self.expect("counter += 2; print(counter)", "42\n")

    def test_the_namespace_is_a_real_main_module(self) -> None:
        self.expect(
            "import sys; print(__name__, sys.modules['__main__'].__dict__ is globals())",
            "__main__ True\n",
        )
        self.expect(
            """
            class P: pass
            import pickle; print(type(pickle.loads(pickle.dumps(P()))).__name__)
            """,
            "P\n",
        )
        self.expect("x = 5; import __main__; print(__main__.x); __main__.y = 6; print(y)", "5\n6\n")

    def test_the_last_expression_is_reported_on_request_only(self) -> None:  # rule: C6
        self.assertIsNone(self.run_cell("1 + 1").value)
        self.assertEqual(
            self.run_cell(
                """
            a = 1
            a + 1
            """,
                True,
            ).value,
            {"data": 2, "repr": "2", "type": "builtins.int"},
        )
        self.assertEqual(self.run_cell("'doc'", True).value["data"], "doc")
        self.assertEqual(self.run_cell("None", True).value["data"], None)
        for code in ("a = 1", "", "# nothing", "if 1: 2"):
            self.assertIsNone(self.run_cell(code, True).value)
        self.assertEqual(
            self.run_cell(
                """
            import asyncio
            await asyncio.sleep(0, 7)
            """,
                True,
            ).value["data"],
            7,
        )
        self.assertEqual(
            self.run_cell(
                """
            await asyncio.sleep(0)
            8
            """,
                True,
            ).value["data"],
            8,
        )
        self.assertEqual(self.run_cell("[b'a', (1,)]", True).attachments, [b"a"])

    def test_a_loop_runs_only_where_the_cell_awaits(self) -> None:  # rule: C7
        self.expect(
            """
            import asyncio
            print(asyncio.run(asyncio.sleep(0, 3)))
            """,
            "3\n",
        )
        self.expect("await asyncio.sleep(0); print(1)", "1\n")
        self.expect("async with asyncio.Lock(): print(2)", "2\n")
        self.expect("print(asyncio.run(asyncio.sleep(0, 4)))", "4\n")

    def test_tasks_that_a_cell_leaves_are_cancelled_and_awaited(self) -> None:  # rule: C8
        self.run_cell(
            """
            import asyncio
            seen = []
            async def late():
              try: await asyncio.sleep(1000); seen.append('slept')
              except asyncio.CancelledError: await asyncio.sleep(0); seen.append('cancelled'); raise
            async def rows():
              try:
                yield 1
                yield 2
              finally: seen.append('closed')
            g = rows()
            t = asyncio.create_task(late()); await asyncio.sleep(0)
            loop = asyncio.get_running_loop(); await g.__anext__()
            """
        )
        self.expect("print(seen, t.cancelled())", "['cancelled', 'closed'] True\n")
        self.expect(
            "print(await asyncio.sleep(0, asyncio.get_running_loop() is loop), loop.is_closed())",
            "False True\n",
        )

    def test_a_pending_task_that_raises_at_the_end_says_so(self) -> None:
        done = self.run_cell(
            """
            import asyncio
            async def bad():
              try: await asyncio.sleep(9)
              finally: 1/0
            t = asyncio.create_task(bad()); await asyncio.sleep(0)
            """
        )
        self.assertEqual(done.outcome, "completed")
        self.assertIn("ZeroDivisionError", done.err)

    def test_loops_of_the_users_and_subprocesses_work_beside_ours(self) -> None:
        self.expect(
            """
            import asyncio, warnings
            p = await asyncio.create_subprocess_exec("echo", "x", stdout=asyncio.subprocess.PIPE)
            print((await p.communicate())[0])
            """,
            "b'x\\n'\n",
        )
        self.expect(
            """
            loop = asyncio.new_event_loop()
            asyncio.set_event_loop(loop)
            """,
            "",
        )
        self.expect("await asyncio.sleep(0)", "")
        self.expect(
            "print(asyncio.get_event_loop() is loop, loop.run_until_complete(asyncio.sleep(0, 1)))",
            "True 1\n",
        )

    def test_a_cleared_namespace_gets_the_users_builtins_again(self) -> None:
        self.run_cell("x = 1; globals().clear()")
        self.expect("import builtins; print(__builtins__ is builtins)", "True\n")

    def test_a_thread_that_was_given_up_does_not_hold_the_cell(self) -> None:
        self.expect(
            """
            import asyncio, threading
            gate = threading.Event()
            try: await asyncio.wait_for(asyncio.get_running_loop().run_in_executor(None, gate.wait), 0.01)
            except asyncio.TimeoutError: print('gave up')
            """,
            "gave up\n",
        )
        self.expect("gate.set()", "")

    def test_exits_are_ordinary_errors(self) -> None:  # rule: C37
        for code in (
            "import sys; sys.exit(3)",
            "raise SystemExit",
            "exit()",
            "quit(1)",
            "await_ = 1; raise SystemExit('x')",
        ):
            self.assertEqual(self.fails(code)["type"], "SystemExit")
        self.assertEqual(self.fails("raise KeyboardInterrupt")["type"], "KeyboardInterrupt")
        self.assertEqual(
            self.fails("""
            import asyncio
            await asyncio.sleep(0)
            raise SystemExit(2)
            """)["message"],
            "2",
        )
        self.expect("print('alive')", "alive\n")

    def test_what_was_defined_before_an_error_stays(self) -> None:  # rule: C41
        self.fails("""
            keep = 7
            raise ValueError
            """)
        self.expect("print(keep + 1)", "8\n")

    def test_future_imports_hold_for_later_cells(self) -> None:
        self.run_cell("from __future__ import annotations")
        self.expect(
            """
            def f(x: undefined_name): pass
            print(f.__annotations__)
            """,
            "{'x': 'undefined_name'}\n",
        )
        self.expect(
            """
            def g(x: another): pass
            print(1)
            'v'
            """,
            "1\n",
        )

    def test_sources_are_found_by_inspect(self) -> None:
        self.run_cell("""
            def f():
                return 1  # the source
            """)
        self.expect(
            "import inspect; print(inspect.getsource(f))",
            "def f():\n    return 1  # the source\n\n",
        )

    def test_files_go_to_the_workspace_and_modules_come_from_it(self) -> None:
        self.run_cell("open('helper.py', 'w').write('x = 9')")
        self.expect(
            "import helper, os; print(helper.x, os.getcwd() == %r)" % self.host.workspace,
            "9 True\n",
        )

    def test_the_runner_is_not_importable_by_accident(self) -> None:
        self.expect(
            "import sys; print([p for p in sys.path if p.endswith('src')], sys.argv)", "[] ['']\n"
        )

    def test_a_forked_child_that_reaches_the_end_is_no_second_kernel(self) -> None:
        done = self.run_cell("""
            import os
            pid = os.fork()
            if pid: print(os.waitpid(pid, 0)[1])
            """)
        self.assertEqual((done.outcome, done.out), ("completed", "0\n"))
        done = self.run_cell("""
            pid = os.fork()
            if pid: print(os.waitpid(pid, 0)[1] >> 8)
            else: raise ValueError('in child')
            """)
        self.assertEqual((done.outcome, done.out), ("completed", "1\n"))
        self.assertIn("ValueError: in child", done.err)
        done = self.run_cell("""
            pid = os.fork()
            if pid: print(os.waitpid(pid, 0)[1] >> 8)
            else: raise SystemExit(5)
            """)
        self.assertEqual(done.out, "5\n")
        self.expect(
            """
            import multiprocessing as m
            with m.get_context('fork').Pool(2) as p: print(p.map(abs, [-1, -2]))
            """,
            "[1, 2]\n",
        )

    def test_cpu_time_and_memory_are_told(self) -> None:
        done = self.run_cell("sum(range(2_000_000))")
        self.assertGreater(done.returned["cpuNanos"], 1_000_000)
        self.assertGreater(done.done["peakMemoryBytes"], 1_000_000)
        self.assertEqual(done.done["toolCalls"], 0)

    def test_an_alarm_that_comes_when_its_cell_has_ended_costs_no_state(self) -> None:
        self.run_cell("""
            import signal
            def late(*_): raise TimeoutError('too late')
            signal.signal(signal.SIGALRM, late); kept = [1]
            """)
        self.host.wait_until_asleep()
        os.kill(self.host.pid, signal.SIGALRM)
        self.host.wait_for(lambda: "too late\n" in self.host.output(2))
        self.assertIn('<cell 1>", line 2, in late', self.host.output(2))
        self.expect("print(kept)", "[1]\n")

    def test_an_error_is_told_whatever_a_cell_did_to_the_modules_that_tell_it(self) -> None:  # rule: H23
        self.run_cell("""
            import linecache, traceback
            traceback.TracebackException = traceback.FrameSummary = traceback.walk_tb = None
            linecache.getline = linecache.checkcache = linecache.lazycache = None
            """)
        error = self.fails("1/0")
        self.assertEqual((error["type"], error["message"]), ("ZeroDivisionError", "division by zero"))
        self.assertEqual([frame["line"] for frame in error["frames"]], [1])

    def test_the_runner_compares_no_key_of_the_users_globals(self) -> None:
        self.run_cell("""
            class Key:
              def __hash__(self): return hash('a')
              def __eq__(self, other): raise SystemExit(5)
            """)
        self.run_cell("last = 1")
        done = self.run_cell("del last; globals()[Key()] = 1").done
        self.assertNotIn("last", done["names"])
        self.assertEqual(self.run_cell("print('on')").outcome, "completed")

    def test_names_are_told_when_they_change(self) -> None:
        self.assertEqual(self.run_cell("a = 1; import os").done["names"], ["a", "os"])
        self.assertNotIn("names", self.run_cell("a = 2").done)
        self.assertEqual(self.run_cell("del a").done["names"], ["os"])
        done = self.run_cell("globals().update((f'name_{i:06}', i) for i in range(20_000))").done
        self.assertEqual(len(done["names"]) + done["moreNames"], 20_001)
        self.assertGreater(len(done["names"]), 1000)

    def test_the_end_comes_in_its_order(self) -> None:
        self.run_cell("print(1); 1/0")
        self.assertEqual(self.host.methods(), ["cell.report", "returned", "done"])

    def test_damage_to_the_environment_does_not_reach_the_runner(self) -> None:  # rule: H23
        for damage in (
            "import os; os.mkdir('gone'); os.chdir('gone'); os.rmdir('../gone')",
            "import os; os.umask(0o777)",
            "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (8, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))",
            "import faulthandler; faulthandler.disable()",
            "import signal; signal.set_wakeup_fd(-1); signal.signal(signal.SIGINT, signal.SIG_IGN)",
            "import sys\ndef trace(*_): raise ValueError('trace')\nsys.settrace(trace)",
            "import sys\ndef profile(*_): raise ValueError('profile')\nsys.setprofile(profile)",
            "import sys; sys.stdout = sys.stderr = sys.stdin = None",
            "import sys; del sys.stdout, sys.stderr",
            "import sys; sys.stdout.close(); sys.stderr.close()",
            "import sys; sys.setrecursionlimit(60)",
            "import sys; sys.setrecursionlimit(10_000)",
            "import threading; threading.current_thread = threading.Lock = threading.get_ident = None",
            "import time; time.sleep = time.monotonic = time.process_time_ns = None",
            "import gc; gc.disable()",
            "import linecache, json, traceback; linecache.clearcache(); json.dumps = json.loads = traceback.TracebackException = None",
            "import os; os.write = os.read = os.getpid = os._exit = os.fstat = None",
            "import socket, select; socket.socket.recv = socket.socket.sendall = select.poll = None",
            "import inspect, ast; inspect.CO_COROUTINE = ast.Expr = None",
            "import builtins\nfor name in ('open', 'len', 'isinstance', 'type', 'repr', 'str', 'getattr', 'hasattr', 'compile', 'list', 'bytes', 'max', 'sum'): setattr(builtins, name, None)",
        ):
            with self.subTest(damage):
                self.run_cell(damage)
                self.host.execute("ok = 1")
                done = self.host.execute(
                    "import sys; sys.stdout.write('next\\n'); raise ValueError('told')"
                )
                self.assertEqual((done.outcome, done.out), ("raised", "next\n"), done)
                self.assertIn("ValueError: told", done.error["traceback"])


class VariablesTest(KernelTest):
    def test_values_go_in_and_out_as_documents(self) -> None:
        done = self.host.set(
            "x",
            {"a": [{"$py": "bytes", "attachment": 0}, {"$py": "tuple", "items": [1]}]},
            [b"raw"],
        )
        self.assertEqual(done.outcome, "completed")
        self.expect("print(x)", "{'a': [b'raw', (1,)]}\n")
        done = self.host.get("x")
        self.assertEqual(
            done.value["data"],
            {"a": [{"$py": "bytes", "attachment": 0}, {"$py": "tuple", "items": [1]}]},
        )
        self.assertEqual(done.attachments, [b"raw"])

    def test_bad_names_and_documents_are_errors(self) -> None:
        self.assertEqual(self.host.get("missing").error["message"], "name 'missing' is not defined")
        for name in ("not a name", "", "class", 5, None, ["x"]):
            self.assertEqual(self.host.set(name, 1).outcome, "raised")
        self.assertEqual(self.host.get(["x"]).outcome, "raised")
        self.assertEqual(
            self.host.set("x", {"$py": "bytes", "attachment": 3}).error["type"], "BadDocument"
        )

    def test_a_value_above_the_limit_is_cut_not_lost(self) -> None:
        self.host.execute("big = 'x' * %d" % (limits.MESSAGE + 1))
        self.assertEqual(
            self.host.get("big").value["data"],
            {"$py": "cut", "type": "builtins.str", "reason": "size"},
        )


class EndTest(KernelTest):
    def test_where_a_thread_runs_the_end_of_the_code_is_said_before_what_may_hold_up_the_rest(self) -> None:  # rule: LIF-5
        self.run_cell(
            "import ctypes, fcntl, os, threading\nc = ctypes.CDLL(None); c.fdopen.restype = ctypes.c_void_p\n"
            "file = ctypes.c_void_p(c.fdopen(os.dup(1), b'w'))\n"
            "threading.Thread(target=threading.Event().wait, daemon=True).start()"
        )
        with self.host.output_held():
            self.host.start("os.write(1, bytes(fcntl.fcntl(1, 1032))); c.fputs(b'x', file)")  # F_GETPIPE_SZ
            self.host.wait_for(lambda: "returned" in self.host.methods())
            self.assertNotIn("done", self.host.methods())  # it waits for room in the pipe
        self.assertEqual(self.host.finish().outcome, "completed")


class UnitTest(unittest.TestCase):
    def test_kept_sources_are_bounded(self) -> None:
        import linecache

        sources = Sources()
        for cell in range(limits.CELL_SOURCES + 10):
            sources.keep(f"<cell {cell} of a test>", "x")
        self.assertNotIn("<cell 9 of a test>", linecache.cache)
        self.assertIn("<cell 10 of a test>", linecache.cache)
        for cell in range(20):
            sources.keep(f"<cell {cell} of a test>", "x" * (limits.CELL_SOURCE_BYTES // 4))
        self.assertLessEqual(len(sources._kept), 5)

    def test_line_ends_are_pythons(self) -> None:
        self.assertEqual(decode_source(b"\xef\xbb\xbfa\r\nb\rc\n"), "a\nb\nc\n")

    def test_a_value_of_an_empty_cell(self) -> None:
        codes, has_value = Compiler().compile("", "<cell 1>", with_value=True)
        self.assertEqual((len(codes), has_value), (1, False))


if __name__ == "__main__":
    unittest.main()
