"""What a cell writes, by whatever way, is its output; what it does to the descriptors ends with it."""

from __future__ import annotations

import os
import time
import unittest

from tests.support.kernels import KernelHost


class CaptureTest(unittest.TestCase):
    def setUp(self) -> None:
        self.host = KernelHost()
        self.host.__enter__()
        self.addCleanup(self.host.__exit__)

    def expect(self, code: str, out: str, err: str = "") -> None:
        done = self.host.execute(code)
        self.assertEqual((done.outcome, done.out, done.err), ("completed", out, err), done.error)

    def test_both_streams_are_captured(self) -> None:  # rule: C22
        self.expect("import sys; print('o'); print('e', file=sys.stderr)", "o\n", "e\n")

    def test_every_character_is_written_somehow(self) -> None:  # rule: C21
        self.expect(r"print('é漢😀', '\ud800')", "é漢😀 \\ud800\n")
        self.expect("import sys; sys.stdout.write('a\\r\\nb\\n')", "a\r\nb\n")

    def test_bytes_and_descriptors_work(self) -> None:
        self.expect(
            """
            import os, sys
            print(1); n = sys.stdout.buffer.write(memoryview(b'abcd')[::2]); sys.stdout.flush()
            os.write(sys.stdout.fileno(), b'%d\\n' % n); print(sys.stdout.isatty(),
            sys.stdout.encoding, sys.stdout.writable())
            """,
            "1\nac2\nFalse utf-8 True\n",
        )
        self.expect("sys.stdout.writelines(['a', 'b']); sys.stdout.buffer.write(b'c')", "abc")

    def test_c_code_and_subprocesses_are_captured(self) -> None:  # rule: C18, H17
        done = self.host.execute("""
            import ctypes, subprocess, os
            ctypes.CDLL(None).printf(b'from c\\n'); print('after')
            """)
        self.assertEqual(sorted(done.out.split("\n")), ["", "after", "from c"])
        self.expect(
            "subprocess.run('echo out; echo err >&2', shell=True); os.system('echo sys')",
            "out\nsys\n",
            "err\n",
        )

    def test_a_print_is_seen_while_the_cell_goes_on(self) -> None:
        self.host.start("""
            print('now', end='')
            import time
            while True: time.sleep(0.01)
            """)
        begun = time.monotonic()
        self.host.wait_for(lambda: self.host.output(1) == "now")
        self.assertLess(time.monotonic() - begun, 5)
        self.assertNotIn("done", self.host.methods())

    def test_a_wrapper_the_user_made_is_flushed_at_the_end(self) -> None:
        self.expect(
            """
            import io, sys
            keep = sys.stdout
            sys.stdout = io.TextIOWrapper(keep.buffer)
            print('wrapped')
            """,
            "wrapped\n",
        )
        self.expect(
            """
            print('still')
            sys.stdout = keep
            """,
            "still\n",
        )
        self.expect(
            "import gc; gc.collect(); print('dropping the wrapper closed nothing')",
            "dropping the wrapper closed nothing\n",
        )

    def test_a_replacement_of_the_users_stays(self) -> None:
        self.host.execute("""
            import sys, io
            keep, sys.stdout = sys.stdout, io.StringIO()
            print('kept away')
            """)
        self.expect(
            "print('too'); text = sys.stdout.getvalue(); sys.stdout = keep; print(text)",
            "kept away\ntoo\n\n",
        )

    def test_a_stream_that_was_detached_is_there_again_and_the_wrapper_made_of_it_stays(self) -> None:
        self.expect("import sys; raw = sys.stdout.detach()", "")
        self.expect("print('again'); raw.write(b'raw'); print(sys.__stdout__ is sys.stdout)", "again\nrawTrue\n")
        self.expect("import io; sys.stderr = io.TextIOWrapper(sys.stderr.detach(), 'latin-1')", "")
        self.expect("print(sys.stderr.encoding); n = sys.stderr.write('kept')", "latin-1\n", "kept")

    def test_a_stream_that_cannot_be_flushed_ends_no_cell(self) -> None:
        self.host.execute("""
            import sys
            class Bad:
              def write(self, t): pass
              def flush(self): raise SystemExit(1)
            sys.stdout = Bad()
            """)
        self.expect("sys.stdout = sys.__stdout__; print(1)", "1\n")

    def test_closing_a_descriptor_is_undone_at_the_end_and_loses_nothing(self) -> None:  # rule: H15
        done = self.host.execute("import os; os.close(1); print('closed')")
        self.assertEqual((done.outcome, done.out), ("completed", "closed\n"))
        self.assertIn("file descriptor 1", done.err)
        self.expect("os.write(1, b'back\\n'); print('again')", "back\nagain\n")
        done = self.host.execute("os.close(2); import sys; print('e', file=sys.stderr)")
        self.assertTrue(done.err.startswith("e\n"), done.err)

    def test_a_redirection_holds_until_the_end_of_the_cell(self) -> None:  # rule: H15
        done = self.host.execute(
            """
            import os
            fd = os.open('out.txt', os.O_CREAT | os.O_WRONLY)
            os.dup2(fd, 1)
            print('to the file')
            os.system('echo child')
            """
        )
        self.assertEqual(done.out, "")
        self.expect("print(open('out.txt').read(), end='')", "to the file\nchild\n")

    def test_a_pipe_made_non_blocking_loses_nothing(self) -> None:  # rule: P21
        self.expect(
            "import os; os.set_blocking(1, False); print('x' * 1_000_000, end='')", "x" * 1_000_000
        )
        self.expect("print(os.get_blocking(1))", "True\n")

    def test_output_of_many_threads_is_whole(self) -> None:
        done = self.host.execute(
            """
            import threading
            def work(c):
              for _ in range(200): print((c * 50) + '\\n', end='')
            ts = [threading.Thread(target=work, args=(c,)) for c in 'abcd']
            [t.start() for t in ts]; [t.join() for t in ts]
            """
        )
        self.assertEqual(
            sorted(done.out.split()), sorted(c * 50 for c in "abcd" for _ in range(200))
        )

    def test_reading_input_is_a_clear_error(self) -> None:
        for code in (
            "input('name? ')",
            "import sys; sys.stdin.read()",
            "import sys; sys.stdin.readline()",
            "import sys; list(sys.stdin)",
            "import sys; sys.stdin.buffer.read(1)",
            "import fileinput; list(fileinput.input([]))",
            "import sys; sys.stdin.readlines()",
        ):
            with self.subTest(code):
                error = self.host.execute(code).error
                self.assertEqual(error["type"], "EOFError")
                self.assertIn("variable", error["message"])

    def test_the_streams_have_their_usual_names(self) -> None:
        self.expect(
            "import sys; print(sys.stdout.name, sys.stderr.name, sys.stdin.name)",
            "<stdout> <stderr> <stdin>\n",
        )

    def test_a_subprocess_reads_an_empty_input(self) -> None:  # rule: C15
        self.expect(
            "import subprocess, sys; print(subprocess.run(['cat'], stdin=sys.stdin, capture_output=True, timeout=9).stdout)",
            "b''\n",
        )
        self.expect(
            "print(subprocess.run(['cat'], capture_output=True, timeout=9).stdout)", "b''\n"
        )

    def test_no_descriptor_of_the_kernel_reaches_a_program_it_starts(self) -> None:
        self.expect(
            "import subprocess; print(subprocess.run('ls /proc/self/fd', shell=True, close_fds=False, capture_output=True, text=True).stdout.split())",
            "['0', '1', '2', '3']\n",
        )

    def test_closing_every_descriptor_ends_the_kernel(self) -> None:  # rule: H15
        self.host.start("import os; os.closerange(0, 65536)")
        status = self.host.wait_for_end()
        self.assertEqual((os.WIFEXITED(status), os.WEXITSTATUS(status)), (True, 70))

    def test_closing_the_kernels_channel_says_so(self) -> None:  # rule: H15
        self.host.start("import os; os.closerange(3, 65536)")
        self.host.wait_for_end()
        for fd in list(self.host._pipes):
            self.host._drain(fd)
        self.assertEqual(
            self.host.output(2),
            "pyvisor: the cell closed the kernel's own channel; the kernel ends\n",
        )

    def test_a_crash_leaves_a_python_stack_in_the_output(self) -> None:  # rule: H19
        self.host.start("""
            print('before')
            import ctypes
            ctypes.string_at(0)
            """)
        status = self.host.wait_for_end()
        self.assertTrue(os.WIFSIGNALED(status))
        for fd in list(self.host._pipes):
            self.host._drain(fd)
        self.assertEqual(self.host.output(1), "before\n")
        self.assertIn("<cell 1>", self.host.output(2))


if __name__ == "__main__":
    unittest.main()
