"""`runner.pyz --stdio` with real kernels, driven by lines alone: the contracts of the dialect (docs/STDIO.md)."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from typing import Any

from _runner import legacy_stdio, limits
from _runner.frames import Frame, FrameKind, encode_fields
from _runner.loop import READ, Loop
from tests import SOURCES
from tests.support.gate import LATER, Gate
from tests.support.lines import LineHost, LineTest
from tests.support.payload import zipped
from tests.support.processes import alive, children, command, until_gone
from tests.support.tier import of_the_supervisor

setUpModule = of_the_supervisor

FULL = {"preserved": True, "source": "live_kernel", "scope": "full_live"}
TAKEN_OVER = {"preserved": True, "source": "fork_checkpoint", "scope": "full_checkpoint"}
# Bounds what the design allows 2 s (LIF-9) on an idle machine.
GONE_SECONDS = 10.0
# Wide: what the design bounds with 1 s on an idle machine.
SOON_SECONDS = 10.0
# A busy machine may need longer than the dialect's half second until a cell heeds its first signal.
PATIENT = {"execution_timeout_interrupt_grace_seconds": 20}
IGNORES = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass"


class ExecuteTest(LineTest):
    def test_the_envelopes_are_those_of_the_dialect(self) -> None:  # rule: C1, C2, C3, C4, C5
        with LineHost() as host:
            host.call("execute", code="x = 40;print('ready')")
            host.call("execute", code="x += 2;print(x)")
            host.call("reset")
            host.call("execute", code="print('x' in globals())")
            host.call("execute", code="pass")
            told = [json.loads(line) for line in host.raw]
        results = [{"output": "ready\n"}, {"output": "42\n"}, {}, {"output": "False\n"}, {"output": ""}]
        self.assertEqual(told, [{"jsonrpc": "2.0", "id": id, "result": result} for id, result in enumerate(results, 1)])

    def test_a_cell_is_a_program_of_a_console_that_echoes_nothing(self) -> None:  # rule: C7, C9, C13
        self.assertEqual(self.host.output("1+1"), "")
        self.assertEqual(self.host.output("import asyncio;await asyncio.sleep(0);print(1)"), "1\n")
        self.host.output("import math\ndef double(x): return 2 * x\nclass C: pass\nc = C()")
        self.assertEqual(self.host.output("print(double(math.floor(1.5)), isinstance(c, C))"), "2 True\n")
        types = "import pathlib;print(isinstance(pathlib.Path,type));print(isinstance('/tmp/example',pathlib.Path))"
        self.assertEqual(self.host.output(types), "True\nFalse\n")

    def test_tasks_that_a_cell_leaves_are_cancelled(self) -> None:  # rule: C8
        gate = Gate(self)
        self.host.output(LATER.format(gate.shut) + "t = asyncio.create_task(later()); await asyncio.sleep(0)")
        gate.open()
        self.assertEqual(self.host.output("await asyncio.sleep(0.1); print('late' in globals(), t.cancelled())"), "False True\n")

    def test_requests_sent_at_once_are_done_one_after_another(self) -> None:  # rule: C10, C71
        codes = ["counter = 0", "import time; before = counter; time.sleep(1.2); counter = before + 1", "counter += 1; print(counter)"]
        ids = [self.host.request("execute", {"code": code, "execution_timeout_seconds": 30}) for code in codes[:-1]]
        ids.append(self.host.request("execute", {"code": codes[-1], "execution_timeout_seconds": 1}))  # its wait is none of it
        answers = [self.host.answer(id)["result"] for id in ids]
        self.assertEqual(answers, [{"output": ""}, {"output": ""}, {"output": "2\n"}])
        self.assertEqual([json.loads(line)["id"] for line in self.host.raw[1:]], ids)

    def test_what_is_no_request_is_dropped_and_what_is_a_wrong_one_is_refused(self) -> None:  # rule: C39
        self.host.send_bytes(b"\n   \nnot json\n[1, 2]\n5\n\xff\xfe\n")
        words = "Unknown method: x"
        error = {"code": -32000, "message": words, "data": {"type": "ValueError", "message": words, "args": [words]}}
        self.assertEqual(self.host.call("x"), {"jsonrpc": "2.0", "id": self.host._ids, "error": error})
        for method, params, words in (
            ("execute", {}, "code must be a text"), ("execute", [], "params must be an object"), (None, {}, "Unknown method: None"),
            ("execute", {"code": "", "defer_final_output": 1}, "defer_final_output"), ("register_tools", {"tools": "f"}, "a list of names"),
            ("register_tools", {"tools": ["ok", "not ok"]}, "'not ok'"), ("register_tools", {"tools": [None]}, "identifier"),
            ("mount_file", {"host_path": 5, "virtual_path": "/sandbox/x"}, "host_path must be a text"),
        ):  # fmt: skip
            with self.subTest(method=method, params=params):
                error = self.host.answer(self.host.request(method, params))["error"]
                self.assertEqual(error["data"]["type"], "ValueError")
                self.assertIn(words, error["message"])
        self.assertEqual(self.host.output("print('on')"), "on\n")

    def test_limits_of_time_that_cannot_be_are_refused_before_anything_runs(self) -> None:  # rule: C30
        self.host.output("ran = []")
        for wrong in (True, False, "2", 0, -1, float("nan"), float("inf"), float("-inf"), 10**400, [1]):
            with self.subTest(wrong):
                data = self.host.fails("ran.append(1)", execution_timeout_seconds=wrong)
                self.assertEqual(data["type"], "ValueError")
                self.assertIn("execution_timeout_seconds must be a positive number", data["message"])
        data = self.host.fails("ran.append(1)", execution_timeout_interrupt_grace_seconds=-0.1)
        self.assertIn("must be a non-negative number", data["message"])
        self.assertEqual(self.host.output("print(ran)", execution_timeout_seconds=None), "[]\n")

    def test_what_hosts_of_the_dialect_ask_beside_is_answered(self) -> None:
        fields = [{"name": "answer", "annotation": "str", "type": "str"}]
        self.assertEqual(self.host.call("register_output_fields", fields=fields)["result"], {})
        self.assertEqual(self.host.call("register_runtime_hooks", hooks=[])["result"], {})
        hooked = self.host.call("register_runtime_hooks", hooks=[{"target": "builtins.open", "phases": ["before"]}])
        self.assertEqual(hooked["error"]["data"]["type"], "ValueError")
        self.assertIn("no runtime hooks", hooked["error"]["message"])


class OutputTest(LineTest):
    def test_all_of_stdout_comes_before_all_of_stderr(self) -> None:  # rule: C18, C19, C22
        code = (
            "import os, subprocess; os.write(1,b'FD1\\n');os.write(2,b'FD2\\n');print('PRINT',flush=True);"
            "subprocess.run(['bash','-c','echo CHILD_OUT; echo CHILD_ERR >&2'])"
        )
        for params in ({}, {"execution_timeout_seconds": 30}):  # rule: C62
            self.assertEqual(self.host.output(code, **params), "FD1\nPRINT\nCHILD_OUT\nFD2\nCHILD_ERR\n")

    def test_output_is_there_though_the_process_is_not(self) -> None:  # rule: C20, W24
        data = self.host.fails("import os, sys; print('out', end=''); print('err', end='', file=sys.stderr); os._exit(1)")
        self.assertEqual(data["output"], "outerr")

    def test_text_of_any_alphabet_comes_back(self) -> None:  # rule: C21
        self.assertEqual(self.host.output("print('é€😀\\u2028')"), "é€😀\u2028\n")
        self.assertEqual(self.host.output("import os; os.write(1, b'a\\xffb')"), "a\ufffdb")

    def test_what_threads_print_later_breaks_no_line_and_is_in_no_response(self) -> None:  # rule: W26
        folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, folder)
        for name in ("go", "gone"):
            os.mkfifo(folder / name)
        self.host.output(
            f"import threading, os, sys\ndef f():\n  open('{folder}/go', 'rb').read(); print('late, no end', end=''); sys.stdout.flush()\n"
            f"  os.write(2, b'{{'); open('{folder}/gone', 'wb').close()\nthreading.Thread(target=f).start()"
        )
        open(folder / "go", "wb").close()  # between two cells
        (folder / "gone").read_bytes()
        self.assertEqual(self.host.output("x = 1"), "")
        self.assertEqual(self.host.output("print('next')"), "next\n")

    def test_the_kernel_has_no_way_to_the_hosts_pipes(self) -> None:  # rule: C15, W3b
        ours = {os.fstat(stream.fileno()).st_ino for stream in (self.host.process.stdin, self.host.process.stdout)}  # type: ignore[union-attr]
        code = "import os\nfor fd in os.listdir('/proc/self/fd'):\n  try: print(os.fstat(int(fd)).st_ino)\n  except OSError: pass"
        self.assertFalse(ours & set(map(int, self.host.output(code).split())))
        child = (
            "kept=1;import subprocess,sys;child=subprocess.run([sys.executable,'-c','import os; print(os.read(0, 1))'],"
            "capture_output=True,text=True,timeout=20);print(child.stdout.strip(), kept)"
        )
        self.assertEqual(self.host.output(child), "b'' 1\n")

    def test_more_than_a_line_should_hold_is_left_out_and_said_so(self) -> None:  # rule: W32
        size = 20 << 20
        found = self.host.output(f"import os; os.write(1, b'<' + b'x' * ({size} - 2) + b'>')")
        half = 8 << 20
        self.assertEqual((len(found) < size, found[:2], found[-2:]), (True, "<x", "x>"))
        self.assertIn(f"\n... {size - 2 * half} bytes left out ...\n", found)


class ErrorTest(LineTest):
    def test_an_error_has_type_message_and_what_was_printed(self) -> None:  # rule: C31, C32, C33, C37, C41
        data = self.host.fails("keep = 7;print('before failure');raise ValueError('ordinary failure')")
        self.assertIn("line 1, in <module>", data.pop("traceback"))
        self.assertEqual(data, {"type": "ValueError", "message": "ordinary failure", "args": ["ordinary failure"], "output": "before failure\n"})
        self.assertEqual(self.host.fails("print(missing_name)")["type"], "NameError")
        left = self.host.fails("import sys; sys.exit(3)")
        self.assertEqual((left["type"], left["message"], left["args"]), ("SystemExit", "3", ["3"]))
        self.assertEqual(self.host.fails("class Own:\n  class Bad(Exception): pass\nraise Own.Bad()")["type"], "Bad")
        self.assertEqual(self.host.output("print(keep + 1)"), "8\n")

    def test_a_syntax_error_is_one(self) -> None:  # rule: C34
        self.assertEqual(self.host.fails("for")["type"], "SyntaxError")
        self.assertEqual(self.host.output("print('after syntax')"), "after syntax\n")

    def test_a_failing_subprocess_is_an_error_of_the_cell(self) -> None:  # rule: C35
        data = self.host.fails("import subprocess; subprocess.run(['sh', '-c', 'exit 7'], check=True)")
        self.assertEqual(data["type"], "CalledProcessError")
        self.assertIn("7", data["message"])

    def test_code_that_is_no_text_is_the_cells_error(self) -> None:
        self.host.send_bytes(b'{"jsonrpc":"2.0","method":"execute","params":{"code":"x = \'\\ud800\'"},"id":-1}\n')
        self.assertIn("Unicode", self.host.answer(-1)["error"]["data"]["type"])

    def test_a_kernel_that_dies_is_told_with_its_status_and_its_state_stays(self) -> None:  # rule: C36, W24
        self.host.output("x = 1\ndef f(): return x")
        data = self.host.fails("x = 2; print('partial'); import os;os._exit(7)")
        self.assertEqual((data["type"], data["output"]), ("RuntimeError", "partial\n"))
        self.assertIn("execution runner exited without a result", data["message"])
        self.assertIn("exitcode=7", data["message"])
        self.assertIn("fork_checkpoint, names lost: none", data["message"])
        self.assertLessEqual({**TAKEN_OVER, "restored_globals": ["f", "x"]}.items(), data["state"].items())
        self.assertEqual(self.host.output("print('after runner child exit', f())"), "after runner child exit 1\n")
        self.assertIn("exitcode=-9", self.host.fails("os = __import__('os'); os.kill(os.getpid(), 9)")["message"])


class SubmitTest(LineTest):
    def test_an_answer_is_final_and_the_kernel_stays(self) -> None:  # rule: C43, C45
        self.assertEqual(self.host.execute("x = 1; print('not told'); SUBMIT(answer='done', n=[1])"), {"final": {"answer": "done", "n": [1]}})
        self.assertEqual(self.host.output("print(x)"), "1\n")

    def test_a_deferred_answer_is_told_once_and_a_service_survives_it(self) -> None:  # rule: C16, C44
        service = (
            "import socket, subprocess, sys\n"
            "p = subprocess.Popen([sys.executable, '-S', '-c', 'import socket; s = socket.create_server((\"127.0.0.1\", 0)); "
            "print(s.getsockname()[1], flush=True)\\nwhile True: s.accept()[0].sendall(b\"alive\")'], stdout=-1, text=True)\n"
            "port = int(p.stdout.readline())\n"
        )
        ask = "with socket.create_connection(('127.0.0.1', port)) as c: print(c.recv(9).decode())"
        draft = self.host.execute(service + "SUBMIT(answer='draft')", defer_final_output=True)
        self.assertEqual(draft, {"submitted": {"answer": "draft"}})
        self.assertEqual(self.host.output("print('alive after deferred submit')"), "alive after deferred submit\n")
        self.assertEqual(self.host.output(ask), "alive\n")
        self.assertEqual(self.host.execute("SUBMIT(answer='confirmed')"), {"final": {"answer": "confirmed"}})
        self.assertEqual(self.host.output(f"{ask}; p.kill()"), "alive\n")

    def test_it_takes_names_only(self) -> None:  # rule: C47
        self.assertEqual(self.host.fails("SUBMIT('x')")["type"], "TypeError")

    def test_any_object_comes_in_some_form(self) -> None:  # rule: W15, W27, W41
        final = self.host.execute("class Foo: pass\ntry: SUBMIT(x=lambda: 1, foo=Foo(), t={(1, 2): {3}}, b=b'b')\nexcept Exception: pass")["final"]
        self.assertIn("<lambda>", final["x"])
        self.assertIn("Foo object", final["foo"])
        self.assertEqual((final["t"], final["b"]), ({"[1, 2]": [3]}, "b'b'"))
        data = self.host.fails("class Foo: pass\nraise ValueError(Foo())")
        self.assertEqual(data["type"], "ValueError")
        self.assertEqual(self.host.execute("SUBMIT(x=float('inf'))"), {"final": {"x": float("inf")}})

    def test_a_variable_that_cannot_be_pickled_holds_up_nothing(self) -> None:  # rule: W16
        self.host.output("import enum\nclass L(enum.IntEnum): A = 1\nlevel = L.A\nclass S(str): pass\ns = S('s')")
        self.assertEqual(self.host.output("print(1)", execution_timeout_seconds=30), "1\n")

    def test_it_is_there_after_a_reset_and_beside_other_tools(self) -> None:
        self.host.register(f=lambda: 1)
        self.assertEqual(self.host.execute("SUBMIT(a=await f())"), {"final": {"a": 1}})
        self.host.call("reset")
        self.assertEqual(self.host.execute("SUBMIT(a=1)"), {"final": {"a": 1}})

    def test_an_answer_that_comes_after_the_deadline_counts(self) -> None:
        late = self.host.execute("import time\ntry: time.sleep(60)\nexcept KeyboardInterrupt: SUBMIT(a=1)", execution_timeout_seconds=0.1, **PATIENT)
        self.assertEqual(late, {"final": {"a": 1}})


class ToolTest(LineTest):
    def test_a_call_is_told_and_its_result_comes_back(self) -> None:  # rule: C48, C50
        self.host.register(predict=lambda signature, question: {"answer": str(eval(question))})
        code = "result = await predict('question -> answer', question='2+2');print(result['answer'])"
        self.assertEqual(self.host.output(code), "4\n")
        (call,) = self.host.calls
        params = {"name": "predict", "args": ["question -> answer"], "kwargs": {"question": "2+2"}}
        self.assertEqual(call, {"jsonrpc": "2.0", "method": "tool_call", "params": params, "id": call["id"]})
        self.assertEqual(call["id"] >> 32, self.host.process.pid)

    def test_lists_dicts_none_and_text_keep_their_shape(self) -> None:  # rule: C49
        shapes: dict[str, Any] = {"list": [1, 2], "dict": {"ok": True}, "none": None, "text": "hello", "odd": [float("nan"), {"$py": "tuple"}]}
        self.host.register(shape_tool=shapes.get)
        code = (
            "print(await shape_tool('list'));print((await shape_tool('dict'))['ok']);print(await shape_tool('none') is None);"
            "print(await shape_tool('text'))"
        )
        self.assertEqual(self.host.output(code), "[1, 2]\nTrue\nTrue\nhello\n")
        self.assertEqual(self.host.output("print(await shape_tool('odd'))"), "[nan, {'$py': 'tuple'}]\n")
        self.assertEqual(self.host.output("print(shape_tool.sync('text'))"), "hello\n")  # ours, beside the dialect

    def test_a_failure_can_be_caught_and_later_calls_work(self) -> None:  # rule: C51, C53, W44
        self.host.register(failing_tool=lambda: 1 / 0, unknown=lambda: 1, predict=lambda: {"answer": 4})
        del self.host.tools["unknown"]
        caught = "try: await failing_tool()\nexcept RuntimeError as e: print(e, type(e).__name__, e.type)\nprint((await predict())['answer'])"
        self.assertEqual(self.host.output(caught), "division by zero ToolError ZeroDivisionError\n4\n")
        self.assertEqual(self.host.output("try: await unknown()\nexcept RuntimeError as e: print(e)"), "Unknown tool: unknown\n")

    def test_a_failure_that_is_not_caught_is_a_runtime_error_with_its_message(self) -> None:  # rule: C52
        def predict() -> None:
            raise ValueError("predict failed")

        self.host.register(predict=predict)
        data = self.host.fails("print('partial'); await predict()")
        self.assertEqual((data["type"], data["message"], data["output"]), ("RuntimeError", "predict failed", "partial\n"))

    def test_calls_of_one_cell_are_open_at_the_same_time(self) -> None:  # rule: C55, W3a
        held: list[int] = []

        def slow(n: int) -> Any:
            held.append(n)
            if len(held) == 38:  # only now is any of them answered, the last one first
                for call in reversed(self.host.calls):
                    self.host.give(call, call["params"]["args"][0])
            return LineHost.LATER

        self.host.register(slow=slow)
        code = "import asyncio; print(await asyncio.gather(*(slow(n) for n in range(38))) == list(range(38)))"
        self.assertEqual(self.host.output(code), "True\n")

    def test_registering_and_resetting_keep_what_they_can(self) -> None:  # rule: C56, W5, W12
        self.host.output("x = 1")
        self.host.register(f=lambda: "f")
        self.assertEqual(self.host.output("print(x, await f())"), "1 f\n")
        self.host.call("reset")
        self.assertEqual(self.host.output("print(await f(), 'x' in globals())"), "f False\n")
        self.host.call("register_tools", tools=[])
        self.assertEqual(self.host.fails("f")["type"], "NameError")

    def test_they_stay_callable_over_many_cells_and_caught_errors(self) -> None:  # rule: C17
        self.host.register(predict=lambda n: n)
        for n in range(20):
            if n % 3:
                self.assertEqual(self.host.output(f"import asyncio; print(await asyncio.gather(*(predict({n}) for _ in range(3))))"), f"{[n] * 3}\n")
            else:
                self.host.output(f"try:\n  await predict({n}); raise KeyError\nexcept KeyError: pass")

    def test_arguments_that_json_cannot_say_come_in_some_form(self) -> None:  # rule: W28
        self.host.register(f=lambda *args, **kwargs: len(args))
        self.host.output("import pathlib; await f(pathlib.Path('/tmp/x'), {(1, 2): 3}, lambda: 1, b'b', k={1, 2})")
        params = self.host.calls[0]["params"]
        self.assertEqual((params["args"][0], params["args"][1], params["args"][3]), ("/tmp/x", {"[1, 2]": 3}, "b'b'"))
        self.assertEqual(params["kwargs"], {"k": [1, 2]})

    def test_an_answer_that_makes_no_sense_fails_the_call_and_nothing_else(self) -> None:
        self.host.register(f=lambda: LineHost.LATER)
        for wrong in ({"result": 5}, {"result": {"type": "json", "value": "{"}}, {"error": "plain"}, {"error": None, "result": {}}):
            self.host.calls.clear()
            id = self.host.request("execute", {"code": "try: await f()\nexcept RuntimeError as e: print('failed')"})
            self.host.wait_for(lambda: self.host.calls)
            self.host.send({"jsonrpc": "2.0", "id": self.host.calls[0]["id"], **wrong})
            self.assertEqual(self.host.answer(id)["result"], {"output": "failed\n"})

    def test_late_answers_disturb_nothing(self) -> None:  # rule: C110, W25
        self.host.register(predict=lambda x: LineHost.LATER if x < 99 else 123)
        scheduled = (
            "import asyncio\ntasks = [asyncio.create_task(predict(x=idx)) for idx in range(70)]\n"
            "await asyncio.sleep(0.05)\nprint('scheduled stale calls')"
        )
        self.assertEqual(self.host.output(scheduled), "scheduled stale calls\n")
        self.assertEqual(len(self.host.calls), 70)
        for call in self.host.calls:
            self.host.give(call, -1)
            self.host.give(call, -2)  # and answered twice
        self.host.give({"id": "no number"}, 1)
        self.host.calls.clear()
        self.host.raw.clear()
        self.assertEqual(self.host.output("print(await predict(x=999))"), "123\n")
        self.assertEqual([call["params"]["kwargs"] for call in self.host.calls], [{"x": 999}])
        self.assertEqual(len(self.host.raw), 2)  # the call and the response: of late answers nothing is said

    def test_orphans_of_a_gather_that_failed_do_not_hold_up_the_next_cell(self) -> None:  # rule: C111
        self.host.register(predict=lambda x: LineHost.LATER if x < 99 else "ok")
        gathered = (
            "import asyncio\nasync def boom(): await asyncio.sleep(0.02); raise ValueError\n"
            "try: await asyncio.gather(boom(), *(predict(x) for x in range(6)))\nexcept ValueError: print('caught')"
        )
        self.assertEqual(self.host.output(gathered), "caught\n")
        self.assertEqual(self.host.output("print(await predict(99))"), "ok\n")

    def test_a_call_that_a_thread_makes_between_cells_is_answered(self) -> None:  # rule: LIF-13
        self.host.register(f=lambda: 5)
        self.host.output("import threading\nfound = []\nt = threading.Timer(0.02, lambda: found.append(f.sync())); t.start()")
        self.host.wait_for(lambda: self.host.calls)
        self.assertEqual(self.host.output("t.join(); print(found)"), "[5]\n")

    def test_a_thread_that_waits_for_an_answer_is_told_when_its_cell_ends(self) -> None:  # rule: LIF-12
        held: list[str] = []

        def hold(name: str) -> Any:
            """The cell ends when the thread's call is open."""
            held.append(name)
            if len(held) == 2:
                self.host.give(next(call for call in self.host.calls if call["params"]["args"] == ["cell"]), None)
            return LineHost.LATER

        self.host.register(hold=hold)
        thread = (
            "import threading\nfound = []\ndef g():\n  try: hold.sync('thread')\n  except RuntimeError as e: found.append(type(e).__name__)\n"
            "t = threading.Thread(target=g); t.start(); await hold('cell')"
        )
        self.host.output(thread)
        self.assertEqual(self.host.output("t.join(20); print(found)"), "['ToolCancelled']\n")


class LargeTest(LineTest):
    """2 MB with a character across every edge of 64 KiB, four ways."""

    # Three and four bytes a character: with one byte in front of them every place within a character meets an edge.
    TEXTS = {"three bytes": "x" + "€" * 700_000, "four bytes": "é" + "😀" * 525_000}

    def test_every_character_survives_in_both_directions(self) -> None:  # rule: C21, C114, C115
        self.host.register(echo=lambda text: text)
        for name, text in self.TEXTS.items():
            self.assertGreater(len(text.encode("utf-8")), 2_000_000)
            for ascii in (True, False):
                with self.subTest(name, ascii=ascii):
                    self.assertEqual(self._around(text, ascii), text)

    def _around(self, text: str, ascii: bool) -> str:
        """As code in, as a tool's argument up, as its answer down, as output out."""
        code = f"t = '{text}'\nprint(t, end='')\nassert await echo(t) == t"
        self.host._ids += 1
        id = self.host._ids
        self.host.calls.clear()
        self.host.tools["echo"] = lambda text: LineHost.LATER
        self.host.send({"jsonrpc": "2.0", "method": "execute", "params": {"code": code}, "id": id}, ascii=ascii)
        self.host.wait_for(lambda: self.host.calls)
        (call,) = self.host.calls
        self.assertEqual(call["params"]["args"], [text])
        value = json.dumps(text, ensure_ascii=ascii)
        self.host.send({"jsonrpc": "2.0", "id": call["id"], "result": {"type": "json", "value": value}}, ascii=ascii)
        return str(self.host.answer(id)["result"]["output"])

    def test_950_000_bytes_go_up_twelve_times(self) -> None:  # rule: C115
        self.host.register(predict=lambda payload: {"answer": len(payload) - 949_996})
        for _ in range(12):
            self.assertEqual(self.host.output("result = await predict(payload='x' * 950_000);print(result['answer'])"), "4\n")

    def test_a_line_that_is_too_long_is_refused_and_the_session_goes_on(self) -> None:  # rule: H4
        self.host.output("kept = 1")
        self.host.send_bytes(b'{"jsonrpc":"2.0","method":"execute","params":{"code":"')
        for _ in range(65):
            self.host.send_bytes(b"#" * (1 << 20))
        self.host.send_bytes(b'"},"id":99999}\n')
        self.assertIn("is longer than 67108864", self.host.answer(99_999)["error"]["message"])
        self.assertEqual(self.host.output("print(kept)"), "1\n")


class TimeoutTest(LineTest):
    def test_a_deadline_keeps_everything(self) -> None:  # rule: C57, C58, C59
        code = "print('before timeout');print('stderr before timeout',file=sys.stderr);partial_timeout_state=42\nwhile True: pass"
        found = self.host.execute("import sys\n" + code, execution_timeout_seconds=0.1, **PATIENT)
        expected = {"timeout": {"seconds": 0.1}, "stdout": "before timeout\n", "stderr": "stderr before timeout\n", "state": FULL}
        self.assertEqual(found, expected)
        self.assertEqual(self.host.output("print('partial_timeout_state' in globals());print('still alive')"), "True\nstill alive\n")

    def test_handlers_of_exceptions_do_not_swallow_it(self) -> None:  # rule: C60
        # Python 3.10 looks for signals nowhere in a loop that only enters and leaves a `try`; in one with a call it does.
        swallow = "caught=0\nwhile True:\n  try: int()\n  except Exception: caught+=1"
        found = self.host.execute(swallow, execution_timeout_seconds=0.1, **PATIENT)
        self.assertEqual(found, {"timeout": {"seconds": 0.1}, "stdout": "", "stderr": "", "state": FULL})

    def test_one_that_is_swallowed_is_told_all_the_same(self) -> None:  # rule: C72, W21
        found = self.host.execute("import time\ntry: time.sleep(60)\nexcept KeyboardInterrupt: print('x')", execution_timeout_seconds=0.1, **PATIENT)
        self.assertEqual((found["timeout"], found["stdout"], found["state"]), ({"seconds": 0.1}, "x\n", FULL))

    def test_a_subprocess_ends_with_its_cell_and_services_of_earlier_ones_live(self) -> None:  # rule: C61, C70, W22
        service = int(self.host.output("import subprocess; s = subprocess.Popen(['sleep', '300']); print(s.pid)"))
        child = "subprocess.run(['sh', '-c', 'echo child $$; echo child err >&2; exec sleep 30'])"
        found = self.host.execute(child, execution_timeout_seconds=1.5, **PATIENT)
        self.assertRegex(found["stdout"], r"^child \d+\n$")
        self.assertTrue(found["stderr"].startswith("child err\n"), found)
        until_gone([int(found["stdout"].split()[1])], GONE_SECONDS)
        self.assertTrue(alive(service))
        self.host.output("s.kill(); s.wait()")

    def test_asynchronous_work_is_cancelled(self) -> None:  # rule: C63
        gate = Gate(self)
        pending = LATER.format(gate.shut) + "await later()"
        found = self.host.execute(pending, execution_timeout_seconds=0.05, **PATIENT)
        self.assertEqual(found["state"], FULL)
        gate.open()
        self.assertEqual(self.host.output("import asyncio; await asyncio.sleep(0.2); print('late' in globals())"), "False\n")

    def test_a_native_call_is_killed_and_the_state_from_before_takes_over(self) -> None:  # rule: C64
        self.host.output("kept = {'a': (1, 2)}\ndef f(): return kept")
        started = time.monotonic()
        native = "import hashlib, sys; kept['a'] = 0; print('o'); print('e', file=sys.stderr); hashlib.pbkdf2_hmac('sha256',b'x',b'y',100_000_000)"
        found = self.host.execute(native, execution_timeout_seconds=0.1, execution_timeout_interrupt_grace_seconds=0.2)
        self.assertLess(time.monotonic() - started, SOON_SECONDS)
        self.assertEqual((found["stdout"], found["stderr"]), ("o\n", "e\n"))
        self.assertLessEqual(TAKEN_OVER.items(), found["state"].items())
        self.assertEqual(self.host.output("print(f())"), "{'a': (1, 2)}\n")

    def test_a_cell_that_ignores_the_signal_is_killed(self) -> None:  # rule: C65, C78
        self.host.output("x = 1")
        found = self.host.execute(IGNORES, execution_timeout_seconds=0.3, execution_timeout_interrupt_grace_seconds=0.01)
        reason = found["state"].pop("reason")
        self.assertEqual(found["state"], {**TAKEN_OVER, "restored_globals": ["x"], "lost_globals": []})
        self.assertIn("was killed", reason)
        self.assertEqual(self.host.output("print(x)"), "1\n")

    def test_a_deadline_during_tool_calls_leaves_nothing_open(self) -> None:  # rule: C66
        self.host.register(slow=lambda: LineHost.LATER, quick=lambda: 1)
        started = time.monotonic()
        found = self.host.execute("import asyncio; await asyncio.gather(slow(), slow())", execution_timeout_seconds=0.1, **PATIENT)
        self.assertEqual((found["timeout"], found["state"]), ({"seconds": 0.1}, FULL))
        self.assertLess(time.monotonic() - started, SOON_SECONDS)
        for call in list(self.host.calls):
            self.host.give(call, "late")
        self.assertEqual(self.host.output("print('still alive', await quick())"), "still alive 1\n")

    def test_where_no_copy_can_be_made_plain_data_comes_back(self) -> None:  # rule: C73, C74, C75, C76, C77, C78, C79
        self.host.register(tool=lambda: "tool")
        setup = (
            "import os, dataclasses, pathlib, collections\nends = os.pipe()\n"  # whose other end a copy would hold
            "@dataclasses.dataclass\nclass S: name: str; scores: list\nsummary = S('mjcf', [1, 2])\n"
            "config = collections.UserDict({'threshold': 0.6, 'labels': ('fast', 'exact')}); p = pathlib.Path('/app/model.xml')\n"
            "class Own:\n  def __reduce__(self): open('reduced', 'w'); return (Own, ())\n"
            "own = Own(); mixed = [1, own]; loop = []; loop.append(loop); n = 1; text = 'é'"
        )
        self.host.output(setup)
        limits = {"execution_timeout_seconds": 0.1, "execution_timeout_interrupt_grace_seconds": 0.05}
        found = self.host.execute("n = 2; config['threshold'] = 9\n" + IGNORES, **limits)
        state = found["state"]
        self.assertEqual((state["preserved"], state["source"], state["scope"]), (False, "pickle_snapshot", "pickleable_globals"))
        self.assertEqual(state["restored_globals"], ["config", "ends", "n", "p", "summary", "text"])
        self.assertLessEqual({"Own", "S", "loop", "mixed", "os", "own"}, set(state["lost_globals"]))
        self.assertFalse({"tool", "SUBMIT", "__name__"} & {*state["restored_globals"], *state["lost_globals"]})
        self.assertIn("was killed", state["reason"])
        code = "print(type(summary).__name__, summary['name'], config, n, text, p/'child.txt', await tool(), __import__('os').path.exists('reduced'))"
        expected = "dict mjcf {'threshold': 0.6, 'labels': ('fast', 'exact')} 1 é /app/model.xml/child.txt tool False\n"
        self.assertEqual(self.host.output(code), expected)

    def test_where_nothing_was_kept_that_is_said(self) -> None:  # rule: C78
        with LineHost() as host:  # in its first cell: there is no state before it
            state = host.execute(IGNORES, execution_timeout_seconds=0.3, execution_timeout_interrupt_grace_seconds=0)["state"]
            self.assertIn("was killed", state.pop("reason"))
            fresh = {"preserved": False, "source": "fresh_kernel", "scope": "filesystem_only"}
            self.assertEqual(state, {**fresh, "restored_globals": [], "lost_globals": []})
            self.assertEqual(host.output("print('on')"), "on\n")


class InterruptTest(LineTest):
    def test_one_that_finds_nothing_running_says_so(self) -> None:  # rule: C91
        self.assertEqual(self.host.call("interrupt"), {"jsonrpc": "2.0", "id": self.host._ids, "result": {"running": False}})

    def test_one_that_finds_a_cell_ends_it(self) -> None:  # rule: C89, C90, C91f, W21
        for params in ({**PATIENT}, {"execution_timeout_seconds": 30, **PATIENT}):
            self.host.register(begun=lambda: None)
            self.host.calls.clear()
            id = self.host.request("execute", {"code": "warm = 1; print('on'); await begun(); import time; time.sleep(120); print('done')", **params})
            self.host.wait_for(lambda: self.host.calls)
            self.assertEqual(self.host.call("interrupt")["result"], {"running": True})
            timeout = {"seconds": params.get("execution_timeout_seconds"), "interrupted": True}
            self.assertEqual(self.host.answer(id)["result"], {"timeout": timeout, "stdout": "on\n", "stderr": "", "state": FULL})
            self.assertEqual(self.host.output("print('alive', warm)"), "alive 1\n")

    def test_one_that_comes_around_a_cell_hits_no_other(self) -> None:  # rule: C91h
        for _ in range(10):
            before = self.host.request("interrupt", {})
            cell = self.host.request("execute", {"code": "x = 1"})
            meanwhile = self.host.request("interrupt", {})
            after = self.host.request("execute", {"code": "print('on')"})
            self.assertEqual(self.host.answer(before)["result"], {"running": False})
            self.assertIn("running", self.host.answer(meanwhile)["result"])
            self.assertIn(set(self.host.answer(cell)["result"]), ({"output"}, {"timeout", "stdout", "stderr", "state"}))
            self.assertEqual(self.host.answer(after)["result"], {"output": "on\n"})


class EndTest(unittest.TestCase):
    def test_shutdown_is_answered_and_leaves_nothing(self) -> None:
        host = LineHost()
        child = int(host.output("import subprocess; print(subprocess.Popen(['sleep', '300']).pid)"))
        family = [child, *children(host.process.pid)]
        root = pathlib.Path(host.output("import os; print(os.environ['PREDICT_RLM_RUNNER_ROOT'], end='')"))
        self.assertTrue((root / "sandbox").is_dir())
        self.assertEqual(host.call("shutdown")["result"], {"shutdown": True})
        host.wait_for_end()
        self.assertEqual(host.process.wait(10), 0)
        self.assertEqual([pid for pid in family if alive(pid)], [])
        self.assertFalse(root.exists())
        host.close()

    def test_a_kernel_is_not_left_behind_on_request(self) -> None:
        with LineHost() as host:
            refused = host.call("shutdown", preserve_kernel_process=True)["error"]
            self.assertEqual(refused["data"]["type"], "ValueError")
            self.assertIn("does not offer that", refused["message"])
            self.assertEqual(host.output("print('on')"), "on\n")

    def test_when_the_host_goes_everything_goes(self) -> None:  # rule: C87, LIF-9
        host = LineHost()
        pid = int(host.output("import os, subprocess; p = subprocess.Popen(['setsid', 'sleep', '300']); print(p.pid)"))
        family = [pid, *children(host.process.pid)]
        host.request("execute", {"code": "while True: pass"})
        host.request("execute", {"code": "#" * (20 << 20)})  # half of it is on its way
        host.wait_for(lambda: not host._queue or len(host._queue[0]) < 19 << 20)
        started = time.monotonic()
        self.assertEqual(host.close(), 0)
        self.assertLess(time.monotonic() - started, GONE_SECONDS)
        self.assertEqual([pid for pid in family if alive(pid)], [])
        self.assertEqual(host.errors.splitlines(), [legacy_stdio._WARNING])

    def test_no_kernel_is_left_of_a_supervisor_that_was_killed(self) -> None:  # rule: C87
        with tempfile.TemporaryDirectory() as folder:  # it cannot clean up behind itself
            host = LineHost({"TMPDIR": folder})
            kernel = int(host.output("import os; print(os.getpid())"))
            family = [kernel, *(pid for pid in children(host.process.pid) if command(pid))]
            os.kill(host.process.pid, signal.SIGKILL)
            until_gone(family, GONE_SECONDS)
            self.assertEqual(host.close(), -signal.SIGKILL)

    def test_the_host_is_warned_once_and_hears_nothing_else_on_standard_error(self) -> None:  # rule: C18
        with LineHost() as host:
            host.output("import sys, subprocess; subprocess.run(['sh', '-c', 'echo child >&2']); print('x', file=sys.stderr)")
            host.execute(IGNORES, execution_timeout_seconds=0.3, execution_timeout_interrupt_grace_seconds=0.01)
            host.fails("import os; os._exit(1)")
        self.assertEqual(host.errors, legacy_stdio._WARNING + "\n")
        self.assertRegex(host.errors, r"^pyvisor: --stdio is deprecated and goes with 1\.0; .*\(docs/STDIO\.md\)\n$")

    def test_cells_run_where_the_runner_was_started(self) -> None:
        with tempfile.TemporaryDirectory() as folder, LineHost(cwd=folder) as host:
            self.assertEqual(host.output("import os; print(os.getcwd(), end='')"), os.path.realpath(folder))

    def test_it_runs_from_its_zip(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            with LineHost(payload=zipped(folder)) as host:
                self.assertEqual(host.output("print(1)"), "1\n")

    def test_what_cannot_be_waited_for_is_refused_in_words(self) -> None:
        with open(os.devnull, "rb") as null:
            command = [sys.executable, "-I", "-S", "-B", str(SOURCES / "__main__.py"), "--stdio"]
            run = subprocess.run(command, stdin=null, capture_output=True, timeout=30)
        self.assertEqual((run.returncode, run.stdout), (64, b""))
        self.assertIn(b"standard input must be a pipe or a socket", run.stderr)


class Echo:
    """In the place of the legacy host: says each frame's body as a line."""

    ended = working = False

    def __init__(self) -> None:
        self.taken = 0
        self._lines: list[bytes] = []

    def take(self, frame: Frame) -> None:
        self.taken += len(frame.body)
        self._lines.append(frame.body)

    def frames(self) -> list[bytes]:
        return []

    def lines(self) -> list[bytes]:
        lines, self._lines = self._lines, []
        return lines


class BridgeTest(unittest.TestCase):
    def setUp(self) -> None:
        self.reading, self.writing = os.pipe()
        inbound, self.host_side = os.pipe()
        for fd in (self.reading, self.writing):
            os.set_blocking(fd, False)
        self.loop, self.host = Loop(), Echo()
        self.bridge = legacy_stdio.Bridge(self.loop, inbound, self.writing, self.host)  # type: ignore[arg-type]
        self.assertTrue(self.bridge.begin())
        for fd in (self.reading, self.writing, inbound):
            self.addCleanup(os.close, fd)

    def say(self, size: int) -> bytes:
        """A frame of the supervisor's."""
        return encode_fields(int(FrameKind.STDOUT), 0, 0, 1, 1, 1, 0, b"x" * size)

    def turn(self) -> None:
        self.loop.after(0, lambda: None)
        self.loop.turn()

    def test_a_host_that_does_not_read_slows_the_supervisor_and_loses_nothing(self) -> None:  # rule: P1, C114
        most = limits.OUTBOUND_HIGH + (1 << 20)  # and what the pipe holds, and one reading
        wanted, sent, got, offered = 20 << 20, 0, 0, b""
        while got < wanted:
            before = self.host.taken
            while sent < wanted or offered:  # as much as the bridge takes
                if not offered:
                    offered, sent = self.say(65_000), sent + 65_000
                try:
                    offered = offered[self.bridge.far_end.send(offered) :]
                except BlockingIOError:
                    break
            self.turn()
            self.assertLess(self.host.taken - got, most)
            if self.host.taken == before:  # nothing moves any more: now the host reads
                got += len(os.read(self.reading, 1 << 20))
        self.assertEqual(got, self.host.taken)
        os.close(self.host_side)
        self.bridge.end()

    def test_what_was_left_to_be_said_is_said_at_the_end_and_not_waited_for_long(self) -> None:
        for _ in range(2):
            self.bridge.far_end.sendall(self.say(60_000))  # the second one does not fit the pipe any more
            self.turn()
        started = time.monotonic()
        self.bridge._lines.drain(limits.FLUSH_BUDGET)  # nobody reads
        self.assertLess(time.monotonic() - started, SOON_SECONDS)
        first = len(os.read(self.reading, 1 << 20))
        self.assertLess(first, 120_000)
        os.close(self.host_side)
        self.bridge.end()
        self.assertEqual(first + len(os.read(self.reading, 1 << 20)), 120_000)

    def test_when_the_host_is_gone_the_supervisor_hears_nothing_more(self) -> None:
        heard: list[str] = []
        self.loop.on(self.bridge.far_end.fileno(), READ, lambda: heard.append("part of a frame"))
        os.close(self.host_side)
        self.bridge._near.send(b"\0\0")  # in the same turn of the loop
        self.turn()
        self.turn()
        self.assertEqual(heard, [])
        self.bridge.end()
