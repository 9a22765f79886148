"""Host tools in cells: how they look, how they are called, what comes of calls that fail or are
forgotten.
"""

from __future__ import annotations

import os
import signal
import unittest

from _runner import limits
from tests.support.kernels import KernelHost, Said


def parameter(name: str, kind: str, **more: object) -> dict:
    return {"name": name, "required": "default" not in more, "schema": {"type": kind}, **more}


ADD = {
    "name": "add",
    "description": "Adds two numbers.",
    "parameters": [
        parameter("a", "integer", description="the first"),
        parameter("b", "integer", default=1),
    ],
}
ANY = {"name": "anything"}
ECHO = {"name": "echo", "parameters": [parameter("value", "object")]}


class ToolsTest(unittest.TestCase):
    def setUp(self) -> None:
        self.host = KernelHost()
        self.host.__enter__()
        self.addCleanup(self.host.__exit__)
        self.host.register(ADD, ANY, ECHO)
        self.host.tools.update(
            add=lambda a, b=1: a + b, echo=lambda value: value, anything=lambda *a, **k: [a, k]
        )

    def expect(self, code: str, out: str) -> None:
        done = self.host.execute(code)
        self.assertEqual(
            (done.outcome, done.out, done.err),
            ("completed", out, ""),
            done.error and done.error["traceback"],
        )

    def fails(self, code: str) -> dict:
        done = self.host.execute(code)
        self.assertEqual(done.outcome, "raised", done)
        assert done.error is not None
        return done.error

    def hold(self) -> list[Said]:
        """Leave calls unanswered until the test answers them."""
        held: list[Said] = []
        self.host.on_call = held.append
        return held


class ShapeTest(ToolsTest):
    def test_a_tool_looks_like_an_async_function(self) -> None:
        self.expect(
            "import inspect; print(inspect.iscoroutinefunction(add), inspect.signature(add))",
            "True (a: int, b: int = 1)\n",
        )
        self.expect(
            "import asyncio; print(asyncio.iscoroutinefunction(add), callable(add), add.__name__, add.__module__)",
            "True True add __main__\n",
        )
        self.expect(
            "print(add.__doc__)",
            "Adds two numbers.\n\nParameters:\n    a (int): the first\n    b (int), default 1\n",
        )
        self.expect(
            "print(add, anything)",
            "<host tool add(a: int, b: int = 1)> <host tool anything(*args, **kwargs)>\n",
        )
        self.expect(
            "import pickle, copy, functools; print(pickle.loads(pickle.dumps(add)) is add, copy.deepcopy(add) is add)",
            "True True\n",
        )
        self.expect(
            "print(await functools.partial(add, 40)(2), inspect.iscoroutine(c := add(1)), await c)",
            "42 True 2\n",
        )
        self.expect(
            """
            @functools.wraps(add)
            def f(): pass
            print(inspect.signature(f), f.__doc__ == add.__doc__)
            """,
            "(a: int, b: int = 1) True\n",
        )
        self.expect(
            """
            class C:
              tool = add
              async def m(self): return await self.tool(1)
            print(await C().m())
            """,
            "2\n",
        )
        self.expect(
            """
            import io, contextlib
            with contextlib.redirect_stdout(io.StringIO()) as f: help(add)
            print('Adds two numbers' in f.getvalue())
            """,
            "True\n",
        )

    def test_arguments_are_checked_before_anything_is_sent(self) -> None:
        for call in ("add()", "add(1, 2, 3)", "add(1, c=2)", "add(1, a=1)", "add.sync()"):
            error = self.fails(call)
            self.assertEqual(error["type"], "TypeError")
            self.assertIn("add()", error["message"])
        self.assertEqual(self.host.calls(), [])

    def test_arguments_arrive_as_they_were_passed(self) -> None:  # rule: C48
        self.host.execute("await anything('question -> answer', question='2+2?')")
        self.assertEqual(
            self.host.calls()[0].envelope["params"],
            {"name": "anything", "args": ["question -> answer"], "kwargs": {"question": "2+2?"}},
        )

    def test_a_required_parameter_after_an_optional_one_is_passed_by_name(self) -> None:
        self.host.register(
            {
                "name": "t",
                "parameters": [
                    parameter("a", "string", default="x"),
                    parameter("b", "string"),
                    parameter("class", "string"),
                ],
            }
        )
        self.expect("import inspect; print(inspect.signature(t))", "(*args, **kwargs)\n")
        self.host.register(
            {
                "name": "t",
                "parameters": [
                    parameter("a", "string", default="x"),
                    parameter("b", "string"),
                    parameter("c", "string"),
                ],
            }
        )
        self.expect("print(inspect.signature(t))", "(a: str = 'x', *, b: str, c: str)\n")
        self.assertEqual(self.fails("t.sync('x', 'y')")["type"], "TypeError")

    def test_a_parameter_may_have_any_name(self) -> None:
        self.host.register(
            {"name": "t", "parameters": [parameter("self", "string"), parameter("args", "string")]}
        )
        self.host.tools["t"] = lambda self, args: self + args
        self.expect("print(t.sync(self='a', args='b'), await t('c', 'd'))", "ab cd\n")

    def test_registering_replaces_the_list_and_keeps_what_the_user_bound(
        self,
    ) -> None:  # rule: LIF-11
        self.host.execute("echo = 'mine'; x = 5")
        self.host.register(
            {"name": "echo"},
            {"name": "x"},
            {"name": "other"},
            {"name": "not a name"},
            {"name": "class"},
            {},
        )
        self.expect(
            "print(echo, x, 'add' in globals(), other)",
            "mine 5 False <host tool other(*args, **kwargs)>\n",
        )
        self.host.register()
        self.assertEqual(self.fails("other")["type"], "NameError")
        self.assertEqual(self.host.execute("y = 1").done["names"], ["echo", "x", "y"])

    def test_tools_are_not_among_the_users_names(self) -> None:
        self.assertEqual(self.host.execute("z = 1").done["names"], ["z"])


class CallTest(ToolsTest):
    def test_awaited_and_blocking_calls_return_the_answer(self) -> None:  # rule: C48, C50
        self.expect("print(await add(2, 3), add.sync(4, b=5), await add(1))", "5 9 2\n")
        self.expect(
            """
            def helper(): return add.sync(1, 2)
            print(helper())
            """,
            "3\n",
        )
        self.expect(
            """
            import asyncio
            print(asyncio.run(add(5, 5)))
            """,
            "10\n",
        )
        self.assertEqual(self.host.execute("add.sync(1); await add(1)").done["toolCalls"], 2)

    def test_answers_of_every_shape_arrive(self) -> None:  # rule: C49
        self.host.tools["anything"] = lambda what: {
            "list": [1, 2],
            "none": None,
            "text": "hello",
            "form": {"$py": "tuple", "items": [1]},
        }[what]
        self.expect(
            "for w in ('list', 'none', 'text', 'form'): print(await anything(w))",
            "[1, 2]\nNone\nhello\n(1,)\n",
        )

    def test_attachments_go_both_ways(self) -> None:
        def answer(call: Said) -> None:
            self.assertEqual(call.envelope["params"]["args"], [{"$py": "bytes", "attachment": 0}])
            self.assertEqual(
                call.envelope["params"]["kwargs"],
                {"k": {"$py": "bytes", "attachment": 1, "type": "bytearray"}},
            )
            body = {
                "jsonrpc": "2.0",
                "id": call.envelope["id"],
                "result": [{"$py": "bytes", "attachment": 1}],
            }
            self.host.send(body, list(call.message.attachments), call.channel, 3)

        self.host.on_call = answer
        self.expect("print(await anything(b'one', k=bytearray(b'two')))", "[b'two']\n")

    def test_concurrent_calls_get_their_own_answers_in_any_order(self) -> None:  # rule: C55, H30
        held = self.hold()
        self.host.start("""
            import asyncio
            print(sum(await asyncio.gather(*(echo(i) for i in range(64)))) , await asyncio.gather(*(echo(i) for i in range(2))))
            """)
        self.host.wait_for(lambda: len(held) == 64)
        for call in reversed(held):
            self.host.answer(call, call.envelope["params"]["args"][0])
        self.host.wait_for(lambda: len(held) == 66)
        for call in reversed(held[64:]):
            self.host.answer(call, call.envelope["params"]["args"][0])
        self.assertEqual(self.host.finish().out, "2016 [0, 1]\n")

    def test_a_blocking_call_inside_a_loop_hands_out_other_answers(self) -> None:
        held = self.hold()
        self.host.start("""
            import asyncio
            t = asyncio.create_task(echo('task'))
            await asyncio.sleep(0)
            print(echo.sync('sync'), t.done())
            print(await t)
            """)
        self.host.wait_for(lambda: len(held) == 2)
        self.host.answer(held[0], "first")
        self.host.answer(held[1], "second")
        self.assertEqual(self.host.finish().out, "second False\nfirst\n")

    def test_threads_call_over_channels_of_their_own(self) -> None:
        self.expect(
            """
            import threading
            results = []
            def work(i):
              for k in range(20): results.append(add.sync(i, k) - k == i)
            ts = [threading.Thread(target=work, args=(i,)) for i in range(8)]
            [t.start() for t in ts]; [t.join() for t in ts]
            print(len(results), all(results))
            """,
            "160 True\n",
        )
        self.assertEqual({call.channel for call in self.host.calls()}, set(range(1, 9)))
        self.host.wait_for(lambda: len(self.host.channels) == 1)  # closed with their threads

    def test_threads_may_run_loops_of_their_own(self) -> None:
        self.expect(
            """
            import asyncio, threading
            out = []
            async def many(): out.append(await asyncio.gather(*(add(i, 1) for i in range(5))))
            t = threading.Thread(target=lambda: asyncio.run(many())); t.start(); t.join();
            print(out)
            """,
            "[[1, 2, 3, 4, 5]]\n",
        )
        self.expect(
            "print(await asyncio.to_thread(add.sync, 1, 1)) if hasattr(asyncio, 'to_thread') else print(2)",
            "2\n",
        )

    def test_at_most_so_many_calls_are_in_flight(self) -> None:
        held = self.hold()
        self.host.start(
            """
            import asyncio
            print(sum(await asyncio.gather(*(echo(i) for i in range(%d)))))
            """
            % (3 * limits.TOOL_CALLS)
        )
        self.host.wait_for(lambda: len(held) == limits.TOOL_CALLS)
        answered = 0
        while answered < 3 * limits.TOOL_CALLS:
            self.host.wait_for(lambda: len(held) > answered)
            self.assertLessEqual(len(held) - answered, limits.TOOL_CALLS)
            self.host.answer(held[answered], 1)
            answered += 1
        self.assertEqual(self.host.finish().out, f"{3 * limits.TOOL_CALLS}\n")

    def test_a_blocking_call_beyond_the_limit_keeps_the_others_going(self) -> None:
        held = self.hold()
        self.host.start(
            """
            import asyncio
            ts = [asyncio.create_task(echo(i)) for i in range(%d)]
            await asyncio.sleep(0)
            print(echo.sync('last'))
            print(len(await asyncio.gather(*ts)))
            """
            % limits.TOOL_CALLS
        )
        self.host.wait_for(lambda: len(held) == limits.TOOL_CALLS)
        self.host.answer(held[7], "x")
        self.host.wait_for(lambda: len(held) == limits.TOOL_CALLS + 1)
        self.host.answer(held.pop(), "late")
        for call in held[:7] + held[8:]:
            self.host.answer(call, "x")
        self.assertEqual(self.host.finish().out, f"late\n{limits.TOOL_CALLS}\n")

    def test_threads_wait_their_turn(self) -> None:
        held = self.hold()
        self.host.start(
            """
            import asyncio, threading
            ts = [asyncio.create_task(echo(i)) for i in range(%d)]
            await asyncio.sleep(0)
            out = []
            t = threading.Thread(target=lambda: out.append(echo.sync('thread'))); t.start()
            await asyncio.gather(*ts)
            t.join(); print(out)
            """
            % limits.TOOL_CALLS
        )
        self.host.wait_for(lambda: len(held) == limits.TOOL_CALLS)
        for call in list(held):
            self.host.answer(call, None)
        self.host.wait_for(lambda: len(held) == limits.TOOL_CALLS + 1)
        self.host.answer(held[-1], "its turn")
        self.assertEqual(self.host.finish().out, "['its turn']\n")

    def test_large_messages_go_both_ways(self) -> None:
        self.expect(
            """
            x = 'x' * 950_000
            print(all([await echo(x) == x for _ in range(12)]))
            """,
            "True\n",
        )
        self.expect(
            "import asyncio; print(all(r == x for r in await asyncio.gather(*(echo(x) for _ in range(12)))))",
            "True\n",
        )


class FailureTest(ToolsTest):
    def refuse_with(self, code: str, number: int, **data: object) -> None:
        self.host.on_call = lambda call: self.host.refuse(
            call, {"code": number, "message": "the text", "data": {"code": code, **data}}
        )

    def test_a_tools_error_keeps_type_message_and_data(self) -> None:  # rule: C51, C52
        self.refuse_with(
            "tool_failed",
            -32010,
            type="java.lang.IllegalStateException",
            message="the text",
            data={"k": {"$py": "tuple", "items": [1]}},
        )
        self.expect(
            """
            from pyvisor import ToolError
            try: await add(1)
            except ToolError as e: print(e, e.message, e.type, e.data, e.code, isinstance(e,
            RuntimeError))
            """,
            "the text the text java.lang.IllegalStateException {'k': (1,)} tool_failed True\n",
        )
        error = self.fails("""
            def f(): return add.sync(1)
            f()
            """)
        self.assertEqual(
            (error["type"], error["module"], error["message"]), ("ToolError", "pyvisor", "the text")
        )
        self.assertEqual(error["data"], {"k": {"$py": "tuple", "items": [1]}})
        self.assertEqual([frame["function"] for frame in error["frames"]], ["<module>", "f"])
        self.host.on_call = None
        self.expect("print(add.sync(1))", "2\n")
        self.expect(
            "import pickle; e2 = pickle.loads(pickle.dumps(ToolError('m', data=[1]))); print(e2, e2.data)",
            "m [1]\n",
        )

    def test_codes_have_classes(self) -> None:
        for code, number, name in (
            ("tool_not_found", -32002, "ToolNotFound"),
            ("cancelled", -32007, "ToolCancelled"),
            ("deadline_exceeded", -32008, "ToolDeadlineExceeded"),
            ("reentrant_call", -32011, "ToolReentered"),
            ("message_too_large", -32004, "ToolCallTooLarge"),
            ("new_code", -1, "ToolError"),
        ):
            self.refuse_with(code, number)
            self.assertEqual(self.fails("await add(1)")["type"], name)

    def test_odd_answers_are_errors_and_not_hangs(self) -> None:
        for odd in (
            {"error": 5},
            {"error": {}},
            {},
            {"result": {"$py": "bytes", "attachment": 9}},
            {"error": {"code": 1, "message": 5, "data": []}},
        ):
            self.host.on_call = lambda call: self.host.send(
                {"jsonrpc": "2.0", "id": call.envelope["id"], **odd}, channel=call.channel, kind=3
            )
            self.assertEqual(self.fails("add.sync(1)")["type"], "ToolError")

    def test_a_call_that_was_not_awaited_fails_the_cell(self) -> None:
        for code in (
            "add(1, 2)",
            "x = add(1, 2)",
            "import asyncio\nawait asyncio.sleep(0)\nadd(1, 2)",
            "[add(1) for _ in 'ab']",
        ):
            error = self.fails(code)
            self.assertEqual((error["type"], error["module"]), ("ToolNotAwaited", "pyvisor"))
            self.assertIn("await add(...)", error["message"])
            self.assertIn("add.sync(...)", error["message"])
            self.assertEqual(error["frames"][0]["source"], code.split("\n")[-1])
        self.assertEqual(self.host.calls(), [])
        self.expect("print('alive')", "alive\n")

    def test_an_error_that_came_of_a_missing_await_is_kept_with_a_note(self) -> None:
        error = self.fails("add(1) + 1")
        self.assertEqual(error["type"], "TypeError")
        self.assertIn("never awaited", error["traceback"])

    def test_a_task_cancelled_before_it_started_is_no_mistake(self) -> None:
        self.expect(
            """
            import asyncio
            t = asyncio.create_task(add(1)); t.cancel()
            try: await t
            except asyncio.CancelledError: print('cancelled')
            """,
            "cancelled\n",
        )
        self.expect("c = add(1); c.close()", "")
        self.expect("await asyncio.sleep(0); t = asyncio.create_task(add(1))", "")

    def test_a_cancelled_call_tells_the_host_and_a_late_answer_is_dropped(self) -> None:
        held = self.hold()
        self.host.start("""
            import asyncio
            try: await asyncio.wait_for(echo(1), 0.05)
            except asyncio.TimeoutError: print('gave up')
            print(await echo(2))
            """)
        self.host.wait_for(lambda: len(held) == 2)
        cancels = self.host.calls("tool.cancel")
        self.assertEqual(
            [cancel.envelope["params"]["id"] for cancel in cancels], [held[0].envelope["id"]]
        )
        self.host.answer(held[0], "late")
        self.host.answer(held[1], "mine")
        self.assertEqual(self.host.finish().out, "gave up\nmine\n")

    def test_calls_open_at_the_end_are_cancelled_before_it(self) -> None:  # rule: LIF-12
        held = self.hold()
        done = self.host.execute("""
            import asyncio
            t = asyncio.create_task(echo(1)); await asyncio.sleep(0.01)
            """)
        self.assertEqual(done.outcome, "completed")
        self.assertEqual(self.host.methods(), ["tool.call", "tool.cancel", "returned", "done"])
        self.host.answer(held[0], 1)
        self.host.on_call = None
        self.expect("print(await add(1))", "2\n")

    def test_a_loop_that_a_cell_abandons_leaves_no_call_behind(self) -> None:
        held = self.hold()
        self.host.execute("""
            import asyncio
            loop = asyncio.new_event_loop(); t = loop.create_task(echo(1))
            loop.run_until_complete(asyncio.sleep(0.01))
            """)
        self.assertIn("tool.cancel", self.host.methods())
        self.host.answer(held[0], 1)
        self.assertEqual(self.fails("loop.run_until_complete(t)")["type"], "ToolCancelled")

    def test_a_thread_waiting_at_the_end_of_its_cell_is_told(self) -> None:
        held = self.hold()
        self.host.start(
            """
            import os, threading
            out = []
            def work():
              try: echo.sync(1)
              except Exception as e: out.append(type(e).__name__)
            t = threading.Thread(target=work); t.start()
            import time
            while not os.path.exists('gate'): time.sleep(0.001)
            """
        )
        self.host.wait_for(lambda: held)
        open(self.host.workspace + "/gate", "w").close()
        self.host.finish()
        self.expect("t.join(10); print(out)", "['ToolCancelled']\n")
        self.host.on_call = None
        self.expect(
            "t = threading.Thread(target=lambda: out.append(add.sync(1))); t.start(); t.join(); print(out[-1])",
            "2\n",
        )

    def test_an_async_thread_waiting_at_the_end_of_its_cell_is_told(self) -> None:
        held = self.hold()
        self.host.start(
            """
            import threading, asyncio, os, time
            out = []
            async def work():
              try: await echo(1)
              except Exception as e: out.append(type(e).__name__)
            t = threading.Thread(target=lambda: asyncio.run(work())); t.start()
            while not os.path.exists('gate'): time.sleep(0.001)
            """
        )
        self.host.wait_for(lambda: held)
        open(self.host.workspace + "/gate", "w").close()
        self.host.finish()
        self.expect("t.join(10); print(out)", "['ToolCancelled']\n")

    def test_a_call_too_large_fails_before_anything_is_sent(self) -> None:
        for code in (
            "await echo('x' * %d)" % (limits.MESSAGE + 1),
            "echo.sync([b'x'] * %d)" % (limits.ATTACHMENTS + 1),
            "echo.sync(b'x' * %d)" % limits.MESSAGE,
        ):
            self.assertEqual(self.fails(code)["type"], "ToolCallTooLarge")
            self.assertEqual(self.host.calls(), [])
        self.expect(
            "from pyvisor import ToolCallTooLarge; print(issubclass(ToolCallTooLarge, ValueError), add.sync(1))",
            "True 2\n",
        )

    def test_a_refused_channel_is_an_error_in_its_thread(self) -> None:
        self.host.on_call = lambda call: self.host.channels.pop(call.channel).close()
        self.expect(
            """
            import os, threading
            out = []
            def work():
              try: echo.sync(1)
              except Exception as e: out.append((type(e).__name__, str(e)))
            t = threading.Thread(target=work); t.start(); t.join(); print(out[0][0], 'closed' in
            out[0][1])
            """,
            "ToolError True\n",
        )

    def test_a_forked_child_cannot_call(self) -> None:
        self.expect(
            """
            import os, sys
            pid = os.fork()
            if pid == 0:
              try: add.sync(1)
              except Exception as e: print(type(e).__name__); sys.stdout.flush(); os._exit(0)
            os.waitpid(pid, 0); print(add.sync(1))
            """,
            "ToolError\n2\n",
        )

    def test_a_call_from_a_finalizer_does_not_break_the_one_it_interrupts(self) -> None:
        self.expect(
            """
            import gc
            log = []
            class F:
              def __init__(self): self.me = self
              def __del__(self):
                try: log.append(add.sync(1))
                except Exception as e: log.append(type(e).__name__)
            gc.set_threshold(5)
            for i in range(300):
              F(); assert add.sync(i) == i + 1
            gc.set_threshold(700, 10, 10); gc.collect()
            print(len(log), set(log) <= {2, 'ToolError'})
            """,
            "300 True\n",
        )

    def test_an_interrupt_during_a_call_reaches_the_cell(self) -> None:  # rule: H14
        held = self.hold()
        self.host.start("""
            try: echo.sync(1)
            except KeyboardInterrupt: print('interrupted')
            print(echo.sync(2))
            """)
        self.host.wait_for(lambda: held)
        self.host.wait_until_asleep()
        os.kill(self.host.pid, signal.SIGINT)
        self.host.wait_for(lambda: len(held) == 2)
        self.assertEqual(
            [c.envelope["params"]["id"] for c in self.host.calls("tool.cancel")],
            [held[0].envelope["id"]],
        )
        self.host.answer(held[0], "late")
        self.host.answer(held[1], "mine")
        self.assertEqual(self.host.finish().out, "interrupted\nmine\n")

    def test_an_interrupt_between_cells_is_harmless(self) -> None:
        for _ in range(50):
            os.kill(self.host.pid, signal.SIGINT)
        self.expect("print('alive')", "alive\n")
        self.expect(
            "import subprocess; print(subprocess.run('kill -INT $$; echo not here', shell=True).returncode)",
            "-2\n",
        )


if __name__ == "__main__":
    unittest.main()
