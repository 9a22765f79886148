"""The file verbs against a real supervisor, with a workspace that is as awkward as code can make it."""

from __future__ import annotations

import errno
import hashlib
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

from _runner import limits
from _runner.errors import ErrorCode, RpcError
from _runner.files import Files
from _runner.incoming import Incoming
from _runner.inside import Place, Tree
from _runner.loop import Loop
from tests.support.filing import Filing, FilingTest
from tests.support.tier import of_the_supervisor

setUpModule = of_the_supervisor

MIB = limits.MIB
ABC = hashlib.sha256(b"abc").hexdigest()


class PuttingTest(FilingTest):
    def test_a_file_has_its_name_when_all_of_it_is_there(self) -> None:  # rule: FIL-4
        filing, data = self.open(), os.urandom(MIB + 1)
        transfer = filing.begin("in/deep/data.bin", len(data))
        filing.write(transfer, data)
        self.assertFalse((self.root / "in").exists())
        filing.done("file.commit", transfer=transfer)
        self.assertEqual((self.root / "in/deep/data.bin").read_bytes(), data)
        self.assertEqual(self.names(), ["in", "in/deep", "in/deep/data.bin"])

    def test_an_empty_file_and_the_name_of_any_language_arrive(self) -> None:
        filing = self.open()
        filing.put("größe/データ.csv", b"")
        self.assertEqual((self.root / "größe/データ.csv").read_bytes(), b"")

    def test_a_file_keeps_its_time_and_whether_it_can_be_run(self) -> None:
        filing = self.open()
        transfer = filing.begin("tool.sh", 2)
        filing.write(transfer, b"#!", executable=True, modifiedMs=1_000_000_123)
        filing.done("file.commit", transfer=transfer)
        found = (self.root / "tool.sh").stat()
        self.assertEqual((found.st_mode & 0o700, found.st_mtime_ns), (0o700, 1_000_000_123_000_000))

    def test_a_folder_comes_as_a_whole(self) -> None:  # rule: FIL-4
        filing = self.open()
        transfer = filing.begin("data", 3, type="directory")
        filing.done("file.write", transfer=transfer, path="a", type="directory")
        filing.done("file.write", transfer=transfer, path="empty", type="directory")
        filing.write(transfer, b"123", "a/b.txt")
        self.assertFalse((self.root / "data").exists())
        filing.done("file.commit", transfer=transfer)
        self.assertEqual(self.names(), ["data", "data/a", "data/a/b.txt", "data/empty"])

    def test_what_is_there_is_not_replaced_unless_that_was_asked_for(self) -> None:  # rule: FIL-5
        filing = self.open()
        (self.root / "f").write_text("old")
        (self.root / "d").mkdir()
        code, text = filing.refused("file.begin", path="f", type="file", bytes=1)
        self.assertEqual(code, "file_exists")
        self.assertIn("'f'", text)
        filing.put("f", b"new", replace=True)
        self.assertEqual((self.root / "f").read_text(), "new")
        for path, kind in (("d", "file"), ("d", "directory"), ("f", "directory")):
            code, _ = filing.refused("file.begin", path=path, type=kind, bytes=0, replace=True)
            self.assertEqual(code, "file_exists")
        self.assertEqual(self.names(), ["d", "f"])

    def test_a_file_that_came_meanwhile_is_not_replaced_either(self) -> None:  # rule: FIL-5
        filing = self.open()
        transfer = filing.begin("f", 3)
        filing.write(transfer, b"new")
        (self.root / "f").write_text("old")
        self.assertEqual(filing.refused("file.commit", transfer=transfer)[0], "file_exists")
        filing.done("file.abort", transfer=transfer)
        self.assertEqual((self.root / "f").read_text(), "old")
        self.assertEqual(self.names(), ["f"])

    def test_a_wrong_hash_is_refused(self) -> None:  # rule: FIL-3
        filing = self.open()
        transfer = filing.begin("f", 3)
        code, text = filing.refused("file.write", b"abc", transfer=transfer, offset=0, sha256="0" * 64)
        self.assertEqual(code, "output_integrity")
        self.assertIn("0" * 64, text)
        filing.done("file.abort", transfer=transfer)
        self.assertEqual(self.names(), [])

    def test_bytes_that_are_missing_doubled_or_too_many_are_refused(self) -> None:  # rule: FIL-3
        filing = self.open()
        transfer = filing.begin("f", 3)
        filing.done("file.write", b"ab", transfer=transfer, offset=0)
        self.assertEqual(filing.refused("file.commit", transfer=transfer)[0], "invalid_state")
        self.assertEqual(filing.refused("file.write", b"a", transfer=transfer, offset=0)[0], "invalid_state")
        self.assertEqual(filing.refused("file.write", b"xyz", transfer=transfer, offset=2)[0], "file_changed")
        filing.done("file.abort", transfer=transfer)
        self.assertEqual(self.names(), [])

    def test_a_chunk_that_is_too_large_or_not_there_is_refused(self) -> None:  # rule: FIL-2
        filing = self.open()
        transfer = filing.begin("f", MIB)
        code, text = filing.refused("file.write", b"x" * (limits.FILE_CHUNK + 1), transfer=transfer, offset=0)
        self.assertEqual(code, "invalid_argument")
        self.assertIn(str(limits.FILE_CHUNK), text)
        self.assertEqual(filing.refused("file.write", transfer=transfer, offset=0)[0], "invalid_argument")

    def test_what_is_given_up_leaves_nothing(self) -> None:  # rule: FIL-4
        filing = self.open()
        transfer = filing.begin("new/data", 10, type="directory")
        for number in range(700):  # more than one slice
            filing.done("file.write", transfer=transfer, path=f"d{number}/e", type="directory")
        filing.done("file.write", b"half", transfer=transfer, path="d1/f", offset=0)
        filing.done("file.abort", transfer=transfer)
        self.assertEqual(self.names(), [])
        self.assertEqual(filing.refused("file.abort", transfer=transfer)[0], "invalid_state")

    def test_the_end_of_a_session_leaves_nothing_half_done(self) -> None:  # rule: FIL-4
        filing = self.open()
        transfer = filing.begin("f", 3)
        filing.done("file.write", b"ab", transfer=transfer, offset=0)
        assert self.host is not None
        self.host.call("session.close", session=1)
        self.assertEqual(self.names(), [])

    def test_the_end_of_a_runner_leaves_nothing_half_done(self) -> None:  # rule: FIL-4
        filing = self.open()
        filing.done("file.write", b"ab", transfer=filing.begin("f", 3), offset=0)
        filing.done("file.write", transfer=filing.begin("d", 3, type="directory"), path="e", type="directory")
        assert self.host is not None
        self.host.close()
        self.assertEqual(self.names(), [])

    def test_what_a_killed_runner_left_is_removed_when_the_workspace_is_used_again(self) -> None:  # rule: FIL-4
        filing = self.open()
        filing.done("file.write", b"ab", transfer=filing.begin("f", 3), offset=0)
        filing.done("file.write", transfer=filing.begin("d", 3, type="directory"), path="e", type="directory")
        assert self.host is not None
        self.host.process.kill()
        self.host.process.wait()
        self.assertEqual(len(self.names()), 3)
        other = self.open()
        self.assertEqual(self.names(), [])
        other.done("file.write", b"ab", transfer=other.begin("f", 3), offset=0)
        third = self.open()  # one that lives keeps what it has
        self.assertEqual(len(self.names()), 1)
        self.assertEqual(third.list(), [])

    def test_what_is_staged_is_not_listed(self) -> None:
        filing = self.open()
        filing.begin("f", 3)
        self.assertEqual(filing.list(), [])

    def test_a_workspace_without_room_is_told_before_a_byte_is_sent(self) -> None:  # rule: FIL-8
        filing = self.open(PYVISOR_ALLOWANCE=f"workspace={MIB}")
        (self.root / "there").write_bytes(b"x" * (MIB // 2))
        reply, _ = filing.ask("file.begin", path="f", type="file", bytes=MIB // 2 + 100_000)
        self.assertEqual(reply["error"]["data"]["code"], "resource_exhausted")
        data = reply["error"]["data"]
        self.assertEqual((data["limit"], data["max"]), ("workspace", MIB))
        self.assertGreaterEqual(data["current"], MIB // 2)
        self.assertIn("workspace-limit", reply["error"]["message"])
        filing.put("g", b"x" * (MIB // 4))
        first = filing.begin("h", 150_000)  # what is promised counts
        self.assertEqual(filing.refused("file.begin", path="i", type="file", bytes=150_000)[0], "resource_exhausted")
        filing.done("file.abort", transfer=first)
        filing.put("i", b"x" * 150_000)

    def test_transfers_are_counted(self) -> None:  # rule: FIL-8
        filing = self.open()
        for number in range(limits.TRANSFERS):
            filing.begin(f"f{number}", 0)
        code, text = filing.refused("file.begin", path="one more", type="file", bytes=0)
        self.assertEqual(code, "resource_exhausted")
        self.assertIn(str(limits.TRANSFERS), text)


class ReadingTest(FilingTest):
    def test_small_and_large_files_come_whole(self) -> None:  # rule: FIL-3
        filing = self.open()
        for size in (0, 1, limits.FILE_CHUNK, limits.FILE_CHUNK + 1, 3 * MIB):
            data = os.urandom(size)
            (self.root / "f").write_bytes(data)
            self.assertEqual(filing.read("f"), data)

    def test_what_is_no_regular_file_is_refused_by_what_it_is(self) -> None:  # rule: FIL-1
        filing = self.open()
        (self.root / "link").symlink_to("/etc/passwd")
        os.mkfifo(self.root / "fifo")
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(str(self.root / "socket"))
        for name, word in (("link", "a link"), ("fifo", "a FIFO"), ("socket", "a socket")):
            with self.subTest(name):
                code, text = filing.refused("file.read", path=name)
                self.assertEqual(code, "file_refused")
                self.assertIn(f"'{name}' is {word}", text)

    def test_a_link_in_the_way_is_refused(self) -> None:  # rule: FIL-1
        filing = self.open()
        (self.folder / "outside").mkdir()
        (self.folder / "outside" / "secret").write_text("secret")
        (self.root / "way").symlink_to(self.folder / "outside")
        for method, params in (
            ("file.read", {}),
            ("file.list", {}),
            ("file.mkdir", {}),
            ("file.begin", {"type": "file", "bytes": 1}),
        ):
            with self.subTest(method):
                code, text = filing.refused(method, path="way/secret" if method != "file.list" else "way", **params)
                self.assertEqual(code, "file_refused")
                self.assertIn("'way'", text)
                self.assertIn("link", text)
        self.assertEqual(os.listdir(self.folder / "outside"), ["secret"])

    def test_a_path_that_leads_out_or_is_none_is_refused(self) -> None:  # rule: FIL-1
        filing = self.open()
        (self.folder / "secret").write_text("secret")
        bad = ("../secret", "a/../../secret", str(self.folder / "secret"), "a//b", "./a", "a/", "a\0b", "x" * 256, "a/" * 64 + "a")
        for path in bad:
            for method, params in (("file.read", {}), ("file.mkdir", {}), ("file.begin", {"type": "file", "bytes": 1})):
                with self.subTest(method=method, path=path[:20]):
                    code, text = filing.refused(method, path=path, **params)
                    self.assertEqual(code, "invalid_argument")
                    self.assertIn("path", text)
        self.assertEqual(self.names(), [])

    def test_what_is_not_there_is_not_found(self) -> None:
        filing = self.open()
        for path in ("none", "none/such"):
            code, text = filing.refused("file.read", path=path)
            self.assertEqual(code, "file_not_found")
            self.assertIn("none", text)

    def test_a_file_in_the_place_of_a_folder_is_named(self) -> None:
        filing = self.open()
        (self.root / "f").write_text("x")
        code, text = filing.refused("file.read", path="f/g")
        self.assertEqual(code, "file_refused")
        self.assertIn("'f'", text)

    def test_a_file_that_changes_meanwhile_is_refused(self) -> None:  # rule: FIL-6
        filing = self.open()
        path = self.root / "f"
        for change in (lambda: os.truncate(path, MIB + 1), lambda: path.write_bytes(b"y" * MIB), lambda: os.utime(path)):
            path.write_bytes(b"x" * MIB)
            os.utime(path, ns=(0, 0))
            reply, _ = filing.ask("file.read", path="f")
            transfer = reply["result"]["transfer"]
            change()
            code, text = filing.refused("file.read", transfer=transfer, offset=limits.FILE_CHUNK)
            self.assertEqual(code, "file_changed")
            self.assertIn("'f'", text)
            self.assertEqual(filing.refused("file.read", transfer=transfer, offset=0)[0], "invalid_state")

    def test_a_file_that_is_renamed_or_removed_meanwhile_is_read_to_its_end(self) -> None:  # rule: FIL-6
        filing, data = self.open(), os.urandom(MIB)
        (self.root / "f").write_bytes(data)
        reply, (read,) = filing.ask("file.read", path="f")
        os.unlink(self.root / "f")
        while len(read) < MIB:
            read += filing.ask("file.read", transfer=reply["result"]["transfer"], offset=len(read))[1][0]
        self.assertEqual(read, data)

    def test_a_chunk_is_not_read_twice(self) -> None:
        filing = self.open()
        (self.root / "f").write_bytes(b"x" * MIB)
        reply, _ = filing.ask("file.read", path="f")
        code, text = filing.refused("file.read", transfer=reply["result"]["transfer"], offset=0)
        self.assertEqual(code, "invalid_argument")
        self.assertIn(str(limits.FILE_CHUNK), text)


class ListingTest(FilingTest):
    def test_a_folder_is_told_with_kinds_and_sizes(self) -> None:
        filing = self.open()
        (self.root / "b").write_bytes(b"12")
        (self.root / "a").mkdir()
        (self.root / "c").symlink_to("a")
        os.mkfifo(self.root / "d")
        self.assertEqual(
            filing.list(), [["a", "directory", 0], ["b", "file", 2], ["c", "link", 0], ["d", "other", 0]]
        )
        self.assertEqual(filing.refused("file.list", path="none")[0], "file_not_found")
        self.assertEqual(filing.refused("file.list", path="b")[0], "file_refused")

    def test_a_folder_with_too_many_files_is_refused_with_the_number(self) -> None:  # rule: FIL-8
        filing = self.open()
        folder = self.root / "many"
        folder.mkdir()
        for number in range(limits.FILE_ENTRIES + 1):
            (folder / str(number)).touch()
        code, text = filing.refused("file.list", path="many")
        self.assertEqual(code, "message_too_large")
        self.assertIn(str(limits.FILE_ENTRIES), text)
        (folder / "0").unlink()
        self.assertEqual(len(filing.list("many")), limits.FILE_ENTRIES)

    def test_a_name_that_is_not_utf8_is_refused_by_name(self) -> None:  # rule: FIL-7
        filing = self.open()
        with open(os.fsencode(self.root) + b"/b\xff", "wb"):
            pass
        code, text = filing.refused("file.list", path="")
        self.assertEqual(code, "file_refused")
        self.assertIn("b\\xff", text)

    def test_a_folder_is_made_with_those_above_it(self) -> None:
        filing = self.open()
        for _ in range(2):
            filing.done("file.mkdir", path="a/b/c")
        self.assertEqual(self.names(), ["a", "a/b", "a/b/c"])
        (self.root / "f").touch()
        self.assertEqual(filing.refused("file.mkdir", path="f/g")[0], "file_refused")

    def test_folders_that_were_made_for_nothing_are_taken_back(self) -> None:  # rule: FIL-4
        filing = self.open()
        self.assertEqual(filing.refused("file.mkdir", path="new/" + "\x00")[0], "invalid_argument")
        transfer = filing.begin("new/f", 0)
        (self.root / "new").mkdir()
        (self.root / "new" / "f").mkdir()
        filing.write(transfer, b"")
        self.assertEqual(filing.refused("file.commit", transfer=transfer)[0], "file_exists")
        self.assertEqual(filing.refused("file.mkdir", path="x" * 200 + "/" + "y" * 255 + "z")[0], "invalid_argument")
        self.assertFalse((self.root / ("x" * 200)).exists())


class RacingTest(FilingTest):
    """Code that exchanges a folder and a link all the while."""

    RACE = (
        "import ctypes, os, sys\n"
        "os.chdir(sys.argv[1]); os.symlink(sys.argv[2], 'link')\n"
        "exchange = ctypes.CDLL(None).renameat2\n"
        "here, flag = -100, 2\n"
        "assert exchange(here, b'way', here, b'link', flag) == 0\n"
        "print(flush=True)\n"
        "while True:\n"
        "    exchange(here, b'way', here, b'link', flag)\n"
    )

    def setUp(self) -> None:
        super().setUp()
        self.outside = self.folder / "outside"
        self.outside.mkdir()
        (self.outside / "f").write_text("outside")
        (self.root / "way").mkdir()
        (self.root / "way" / "f").write_text("inside")

    def race(self) -> None:
        racer = subprocess.Popen(
            [sys.executable, "-I", "-c", self.RACE, str(self.root), str(self.outside)], stdout=subprocess.PIPE
        )
        self.addCleanup(racer.wait)
        self.addCleanup(racer.kill)
        assert racer.stdout is not None
        racer.stdout.readline()
        racer.stdout.close()

    def test_nothing_outside_is_read_or_written_through_a_link_that_comes_and_goes(self) -> None:  # rule: FIL-1
        filing = self.open()
        self.race()
        outcomes: set[str] = set()
        for number in range(400):
            reply, attached = filing.ask("file.read", path="way/f")
            if "result" in reply:
                self.assertEqual(attached[0], b"inside")
            outcomes.add("read" if "result" in reply else reply["error"]["data"]["code"])
            filing.ask("file.mkdir", path=f"way/d{number}")
            self._try_put(filing, f"way/p{number}")
        self.assertLessEqual({"read", "file_refused"}, outcomes)
        self.assertEqual(os.listdir(self.outside), ["f"])

    def _try_put(self, filing: Filing, path: str) -> None:
        reply, _ = filing.ask("file.begin", path=path, type="file", bytes=0)
        if "result" in reply:
            transfer = reply["result"]["transfer"]
            filing.write(transfer, b"")
            if "error" in filing.ask("file.commit", transfer=transfer)[0]:
                filing.done("file.abort", transfer=transfer)


class SystemTest(unittest.TestCase):
    """What the system says, as what the host is told."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        fd = os.open(folder.name, os.O_RDONLY | os.O_DIRECTORY)
        self.addCleanup(os.close, fd)
        self.tree = Tree(fd)

    def test_a_file_that_may_not_be_read_is_refused(self) -> None:
        (self.root / "f").write_text("x")
        with self.tree.place("file.read", "f") as place:
            with mock.patch("os.open", side_effect=PermissionError(errno.EACCES, "Permission denied")):
                with self.assertRaises(RpcError) as refused:
                    place.open_file()
        self.assertEqual(refused.exception.code, ErrorCode.FILE_REFUSED)
        self.assertIn("'f' cannot be used: Permission denied", refused.exception.message)

    def test_a_file_that_becomes_a_link_in_the_last_moment_is_not_followed(self) -> None:  # rule: FIL-1
        (self.root / "f").write_text("x")
        (self.root / "link").symlink_to("f")
        with self.tree.place("file.read", "link") as place:
            with mock.patch.object(Place, "found", return_value=os.stat(self.root / "f")):
                with self.assertRaises(RpcError) as refused:
                    place.open_file()
        self.assertEqual(refused.exception.code, ErrorCode.FILE_REFUSED)
        self.assertIn("'link' is a link", refused.exception.message)

    def test_a_disk_that_is_full_is_told_and_leaves_nothing(self) -> None:  # rule: FIL-4
        for number in (errno.ENOSPC, errno.EDQUOT):
            incoming = Incoming(self.tree, "file.begin", "f", False, False, 3)
            with mock.patch("os.write", side_effect=OSError(number, os.strerror(number))):
                with self.assertRaises(RpcError) as refused:
                    incoming.write("file.write", "", 0, b"abc")
            self.assertEqual(refused.exception.code, ErrorCode.RESOURCE_EXHAUSTED)
            self.assertIn(os.strerror(number), refused.exception.message)
            for _ in incoming.discard():
                pass
            self.assertEqual(os.listdir(self.root), [])

    def test_the_end_of_a_session_ends_a_removal_that_is_on_its_way(self) -> None:  # rule: FIL-4
        files, begun, removed = Files(Loop(), str(self.root), None), list[int](), list[bool]()
        with mock.patch.object(limits, "FILE_SLICE", 1):
            files.begin("file.begin", "folder", 0, begun.append, self.fail, is_folder=True, replaces=False)
            for name in ("a", "b", "c"):
                files.folder("file.folder", begun[0], name)
            files.abort("file.abort", begun[0], lambda: removed.append(os.listdir(self.root) == []))
            self.assertEqual(removed, [])
            files.close()
        self.assertEqual(removed, [True])

    def test_a_file_system_without_hard_links_gets_its_files_all_the_same(self) -> None:  # rule: FIL-5
        incoming = Incoming(self.tree, "file.begin", "f", False, False, 3)
        incoming.write("file.write", "", 0, b"abc")
        incoming.end_file("file.write", ABC, False, None)
        with mock.patch("os.link", side_effect=PermissionError(errno.EPERM, "Operation not permitted")):
            incoming.commit("file.commit")
        self.assertEqual((self.root / "f").read_bytes(), b"abc")
        self.assertEqual(os.listdir(self.root), ["f"])

    def test_a_file_that_comes_in_the_last_moment_is_not_replaced(self) -> None:  # rule: FIL-5
        incoming = Incoming(self.tree, "file.begin", "f", False, False, 3)
        incoming.write("file.write", "", 0, b"abc")
        incoming.end_file("file.write", ABC, False, None)
        (self.root / "f").write_text("old")
        with mock.patch.object(Place, "found", return_value=None), self.assertRaises(RpcError) as refused:
            incoming.commit("file.commit")
        self.assertEqual(refused.exception.code, ErrorCode.FILE_EXISTS)
        self.assertEqual((self.root / "f").read_text(), "old")
        list(incoming.discard())
        self.assertEqual(os.listdir(self.root), ["f"])

    def test_an_entry_that_cannot_be_made_leaves_no_folders(self) -> None:  # rule: FIL-4
        real = os.mkdir

        def first_only(name: bytes, mode: int, *, dir_fd: int) -> None:
            if name == b"b":
                raise PermissionError(errno.EACCES, "Permission denied")
            real(name, mode, dir_fd=dir_fd)

        with mock.patch("os.mkdir", side_effect=first_only):
            with self.assertRaises(RpcError):
                self.tree.make("file.mkdir", "a/b")
        self.assertEqual(os.listdir(self.root), [])


class WorkspaceTest(FilingTest):
    def test_a_workspace_that_was_exchanged_for_a_link_is_still_the_one_that_was_opened(self) -> None:  # rule: FIL-1
        filing = self.open()
        (self.root / "f").write_text("inside")
        outside = self.folder / "outside"
        outside.mkdir()
        (outside / "f").write_text("outside")
        moved = self.folder / "moved"
        self.root.rename(moved)
        self.root.symlink_to(outside)
        self.assertEqual(filing.read("f"), b"inside")
        filing.put("g", b"x")
        self.assertEqual((os.listdir(outside), (moved / "g").read_bytes()), (["f"], b"x"))

    def test_a_kernel_that_is_busy_or_gone_holds_up_nothing(self) -> None:  # rule: FIL-9
        filing = self.open()
        assert self.host is not None
        number = self.host.start("import time\nwhile True: time.sleep(1)")
        filing.put("f", b"x")
        self.assertEqual(filing.read("f"), b"x")
        self.host.call("interrupt", session=1, cell=self.host.cell())
        self.host.finish(number)

    def test_a_branch_does_not_copy_what_is_on_its_way(self) -> None:
        filing = self.open()
        assert self.host is not None
        session = self.host.open("private")
        private = Filing(self.host, session)
        private.put("f", b"x")
        private.begin("g", 3)
        self.host.execute("pass", session=session)
        branch = self.host.branch("branch", session=session)
        self.host.execute("import os; print(os.listdir())", session=branch)
        self.assertEqual(self.host.text(branch), "['f']\n")
        self.assertEqual(filing.list(), [])
