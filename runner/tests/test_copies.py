"""What the supervisor holds for a session to go back to: asked for at once by many, and told of by a guest."""

from __future__ import annotations

import os
import socket
import tempfile
import unittest

from _runner.copies import Copy
from _runner.loop import Loop
from tests.support.host import Host

BRANCHES = 8
# Says to the supervisor over the kernel's door whatever it likes, with whatever descriptors.
LIES = """
import os, socket
for fd in map(int, os.listdir('/proc/self/fd')):
    try:
        door = socket.socket(fileno=os.dup(fd)) if 'socket' in os.readlink(f'/proc/self/fd/{fd}') else None
    except OSError:
        continue
    if door is None or door.type != socket.SOCK_SEQPACKET:
        continue
    null, pipe, (near, far) = os.open('/dev/null', os.O_RDONLY), os.pipe(), socket.socketpair()
    for what, given in (('copy', null), ('snapshot', pipe[0]), ('copy', pipe[0]), ('copy', far.fileno())):
        socket.send_fds(door, [b'{"id":null,"cell":999,"kept":"%s"}' % what.encode()], [given])
    socket.send_fds(near, [b'frozen'], [null])
    near.send(b'awake 1'); near.send(b'awake'); near.send(b'awake x'); near.send(b'?' * 60)
    for said in (b'{"id":null', b'{"id":[],"kept":{},"cell":"x"}', b'{}', b'{"id":7,"cell":-1}'):
        socket.send_fds(door, [said], [null])
    print('said')
"""


class CopiesTest(unittest.TestCase):
    def test_many_branches_of_one_checkpoint_may_be_asked_for_at_once(self) -> None:  # rule: H42
        with Host() as host:
            host.open()
            host.execute("x = 7; import os")
            host.call("checkpoint", session=1, name="loaded")
            asked = [
                host.request("branch", {"session": 1, "name": f"b{number}", "checkpoint": "loaded"})
                for number in range(BRANCHES)
            ]
            sessions = [host.adopt(host.answer(number)["result"]) for number in asked]
            for session in sessions:
                self.assertEqual(host.execute("print(x, os.getpid())", session)["outcome"], "completed")
            self.assertEqual(len({host.text(session) for session in sessions}), BRANCHES)

    def test_what_a_guest_says_of_copies_ends_nobody_but_its_own_state(self) -> None:  # rule: H22
        with Host() as host:
            host.open()
            host.open("other")
            host.execute("kept = 1", 2)
            host.execute(LIES)
            self.assertIn("said", host.text())
            host.execute("os._exit(3)")
            self.assertEqual(host.execute("print('on')")["outcome"], "completed")
            host.execute("import os; os._exit(3)", 2)
            host.execute("print(kept)", 2)
            self.assertEqual(host.text(2), "1\n")

    def test_a_descriptor_that_comes_with_a_word_is_let_go_of(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, tempfile.TemporaryFile() as file:
            copy = Copy(Loop(), ours, 1, lambda ended: None)
            before = len(os.listdir("/proc/self/fd"))
            socket.send_fds(theirs, [b"frozen"], [file.fileno()])
            copy.listen()
            self.assertEqual(copy.pid, os.getpid())
            self.assertEqual(len(os.listdir("/proc/self/fd")), before)
            copy.drop()


if __name__ == "__main__":
    unittest.main()
