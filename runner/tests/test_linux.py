"""What /proc says of processes: whose they are, and when they were started."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
import unittest
import unittest.mock
from typing import Any

from _runner import linux
from _runner.linux import Mark, Process, Tag
from tests import SOURCES
from tests.support.tier import not_on_each

setUpModule = not_on_each

PAIRS = 200


def start() -> int:
    """A process that waits to be killed."""
    pid = os.fork()
    if pid == 0:
        signal.pause()
        os._exit(0)
    return pid


def end(*pids: int) -> None:
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def as_root(code: str) -> Any:
    """What the code leaves in `result`, run in a process of its own that adopts orphans."""
    script = textwrap.dedent("""
        import json, os, signal, subprocess, sys, time
        sys.path.insert(0, sys.argv[1])
        from _runner import linux
        from _runner.linux import Tag
        linux.adopt_orphans()

        def kernel(number, act):
            ready, tell = os.pipe()
            pid = os.fork()
            if pid == 0:
                os.setsid()
                Tag(number).wear()
                act()
                os.write(tell, b'x')
                signal.pause()
            os.close(tell)
            os.read(ready, 1)
            return pid

        def escape(act):
            '''Run it in a process that is nobody's child and leads its own process session.'''
            told, tell = os.pipe()
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    os.setsid()
                    os.set_inheritable(tell, True)
                    act(tell)
                os._exit(0)
            os.wait()
            os.close(tell)
            os.read(told, 1)

        def forked(tell):
            os.write(tell, b'x')
            signal.pause()

        def executed(tell, **options):
            code = 'import os, signal; os.write(%d, b"x"); signal.pause()' % tell
            os.execve(sys.executable, ['python', '-c', code], options.get('env', os.environ))
        """)
    code = textwrap.dedent(code) + "\nlinux.sweep(os.getpid(), 5)\nprint(json.dumps(result))"
    done = subprocess.run(
        [sys.executable, "-B", "-c", script + code, str(SOURCES)],
        stdout=subprocess.PIPE,
        timeout=60,
        check=True,
    )
    return json.loads(done.stdout)


class ProcessesTest(unittest.TestCase):
    def test_a_process_is_told_with_its_parent_session_and_start(self) -> None:
        before = Mark.now()
        pid = start()
        self.addCleanup(end, pid)
        found = linux.processes()[pid]
        self.assertEqual((found.parent, found.session), (os.getpid(), os.getsid(0)))
        self.assertTrue(before.ticks <= found.started <= Mark.now().ticks)

    def test_any_name_of_a_command_is_read(self) -> None:
        named, tell = os.pipe()
        pid = os.fork()
        if pid == 0:
            with open("/proc/self/comm", "wb") as file:
                file.write(b") Z (1 2 \xff")
            os.write(tell, b"x")
            signal.pause()
        self.addCleanup(end, pid)
        os.read(named, 1)
        os.close(named)
        os.close(tell)
        found = linux.processes()[pid]
        self.assertEqual((found.command, found.parent), (b") Z (1 2 \xff", os.getpid()))

    def test_what_has_ended_is_not_told(self) -> None:
        pid = start()
        os.kill(pid, signal.SIGKILL)
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        self.assertNotIn(pid, linux.processes())
        os.waitpid(pid, 0)
        self.assertEqual(linux.started_after([pid], Mark(0, 0)), [])


class MarkTest(unittest.TestCase):
    def test_processes_started_back_to_back_are_told_apart(self) -> None:  # rule: P11
        same_tick = 0
        for _ in range(PAIRS):
            old = start()
            mark = Mark.now()
            new = start()
            living = linux.processes()
            same_tick += living[old].started == living[new].started
            found = linux.started_after([old, new], mark)
            as_listed = linux.started_after([new, old], mark, living)
            end(old, new)
            self.assertEqual((found, as_listed), ([new], [new]))
        print(f"\n{same_tick} of {PAIRS} pairs were started in the same tick")
        self.assertGreater(same_tick, 0)

    def test_another_tick_decides_by_itself(self) -> None:
        mark = Mark(1000, 500)
        self.assertTrue(mark.is_before(3, 1001))
        self.assertFalse(mark.is_before(501, 999))

    def test_within_a_tick_the_number_decides_also_where_numbers_begin_anew(self) -> None:
        mark = Mark(1000, linux._PIDS - 2)
        numbers = (linux._PIDS - 3, linux._PIDS - 2, linux._PIDS - 1, 301)
        decided = [mark.is_before(pid, 1000) for pid in numbers]
        self.assertEqual(decided, [False, False, True, True])
        self.assertFalse(Mark(1000, 301).is_before(linux._PIDS - 1, 1000))

    def test_a_system_that_tells_no_number_takes_all_of_the_tick_for_new(self) -> None:
        self.assertTrue(Mark(1000, 0).is_before(301, 1000))

    def test_a_mark_is_cheap(self) -> None:
        begun = time.perf_counter()
        for _ in range(1000):
            Mark.now()
        self.assertLess(time.perf_counter() - begun, 1)  # a hundred times what it takes


class FamilyTest(unittest.TestCase):
    def test_tree_and_process_session_tell_whose_a_process_is(self) -> None:  # rule: P11
        living = {
            2: Process(1, 2, 0, b"kernel"),
            3: Process(2, 9, 0, b"its child"),
            4: Process(1, 2, 0, b"its orphan"),
            5: Process(1, 5, 0, b"another"),
            6: Process(5, 5, 0, b"its child"),
            7: Process(99, 2, 0, b"stranger"),
            8: Process(3, 8, 0, b"below"),
            9: Process(6, 9, 0, b"pyvisor-1"),  # of a runner that a cell started
        }
        with unittest.mock.patch.object(linux, "processes", lambda: living):
            self.assertEqual(sorted(linux.family(1, {2}, Tag(1))), [3, 4, 8])
            self.assertEqual(sorted(linux.family(1, {5})), [6, 9])

    def test_a_copy_is_not_taken_for_what_a_cell_started_from_its_birth_on(self) -> None:  # rule: LIF-17
        result = as_root("""
            name = Tag.take_off()
            copy = os.fork()
            if copy == 0:
                signal.pause()
            Tag.put_on(name)
            impostor = kernel(1, lambda: escape(forked))
            below = [pid for pid in linux.descendants(os.getpid()) if pid != copy]
            result = {
                'copy': linux.without_copies([copy], os.getpid()),
                'others': linux.without_copies(below, os.getpid()) == below,
                'elsewhere': linux.without_copies([copy], 1) == [copy],
                'own': linux.processes()[os.getpid()].command == name,
            }
            """)
        self.assertEqual(result, {"copy": [], "others": True, "elsewhere": True, "own": True})

    def test_orphans_that_left_are_found_by_their_tag(self) -> None:  # rule: P11
        result = as_root("""
            def act():
                escape(forked)
                escape(executed)
                escape(lambda tell: executed(tell, env={}))
            first, second = kernel(1, act), kernel(12, act)
            other = os.fork()
            if other == 0:
                signal.pause()
            me = os.getpid()
            orphans = [pid for pid in linux.descendants(me) if pid not in (first, second, other)]
            found = [linux.family(me, {kernel}, tag) for kernel, tag in
                ((first, Tag(1)), (second, Tag(12)), (first, Tag(2)), (first, None))]
            result = {'orphans': len(orphans), 'found': [len(pids) for pids in found],
                'ours': set(found[0] + found[1]) <= set(orphans),
                'apart': not set(found[0]) & set(found[1])}
            """)
        # Of three each, the one that shed both marks is found by nobody.
        self.assertEqual(
            result, {"orphans": 6, "found": [2, 2, 0, 0], "ours": True, "apart": True}
        )

    def test_what_an_orphan_with_the_tag_starts_belongs_to_it(self) -> None:
        result = as_root("""
            def parent(tell):
                env = {'PYVISOR_SESSION': '5'}
                code = (
                    'import os, subprocess, signal; '
                    'subprocess.Popen(["sleep", "60"], env={}, start_new_session=True); '
                    'os.write(%d, b"x"); signal.pause()' % tell
                )
                os.execve(sys.executable, ['python', '-c', code], env)
            leader = kernel(5, lambda: escape(parent))
            result = len(linux.family(os.getpid(), {leader}, Tag(5)))
            """)
        self.assertEqual(result, 2)

    def test_a_tag_is_not_the_beginning_of_another(self) -> None:
        process = Process(1, 1, 0, b"sh")
        variables = b"A=1\0PYVISOR_SESSION=12\0"
        with unittest.mock.patch.object(linux, "read_proc", lambda *_: variables):
            self.assertTrue(Tag(12).is_on(1, process))
            self.assertFalse(Tag(1).is_on(1, process))
        with unittest.mock.patch.object(linux, "read_proc", lambda *_: b""):
            self.assertFalse(Tag(1).is_on(1, process))
            self.assertTrue(Tag(1).is_on(1, process._replace(command=b"pyvisor-1")))

    def test_a_runner_that_a_cell_started_is_of_no_session_of_its_own(self) -> None:
        result = as_root("""
            Tag(7).wear()
            Tag.shed()
            result = subprocess.check_output(['env']).decode().count('PYVISOR_SESSION')
            """)
        self.assertEqual(result, 0)


if __name__ == "__main__":
    unittest.main()
