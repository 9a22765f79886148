"""legacy_files.py: copies below a root, and no way out of it."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest
from typing import Any
from unittest import mock

from _runner import limits
from _runner.legacy_files import SandboxFiles
from tests.support.lines import LineHost


def done(work: Any) -> Any:
    """The result of work, and how many slices it took."""
    slices = 0
    while True:
        try:
            next(work)
            slices += 1
        except StopIteration as end:
            return end.value, slices


class FilesTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(os.path.realpath(folder.name))
        self.root = self.folder / "root"
        self.files = SandboxFiles({"PREDICT_RLM_RUNNER_ROOT": str(self.root), "PREDICT_RLM_SBX_ROOT": "/nowhere"})
        self.source = self.folder / "source.txt"
        self.source.write_text("hello")

    def test_a_file_goes_in_and_comes_out_with_its_metadata(self) -> None:  # rule: C96d
        self.source.chmod(0o640)
        os.utime(self.source, (1, 2))
        done(self.files.mount(str(self.source), "/sandbox/a/b.txt"))
        inside = self.root / "sandbox/a/b.txt"
        self.assertEqual((inside.read_text(), inside.stat().st_mode & 0o777, inside.stat().st_mtime), ("hello", 0o640, 2))
        inside.write_text("changed, and longer")
        out = self.folder / "new/out.txt"
        done(self.files.sync("/sandbox/a/b.txt", str(out)))
        self.assertEqual(out.read_text(), "changed, and longer")
        self.source.write_text("")
        done(self.files.mount(str(self.source), "/sandbox/a/b.txt"))  # over a longer one
        self.assertEqual(inside.read_text(), "")
        done(self.files.mount(str(self.source), "/sandbox/a"))  # into a directory, as `copy2` does
        self.assertTrue((self.root / "sandbox/a/source.txt").exists())

    def test_a_large_file_is_copied_in_slices(self) -> None:
        data = os.urandom(1000) * 5
        self.source.write_bytes(data)
        with mock.patch.object(limits, "LEGACY_COPY", 1000):
            self.assertEqual(done(self.files.mount(str(self.source), "/sandbox/x")), (None, 5))
        self.assertEqual((self.root / "sandbox/x").read_bytes(), data)

    def test_listings_are_sorted_recursive_and_of_files_only(self) -> None:  # rule: C96
        for path in ("/sandbox/b", "/sandbox/a/deep/x", "/sandbox/a/y"):
            done(self.files.mount(str(self.source), path))
        done(self.files.make("/sandbox/empty"))
        self.assertEqual(done(self.files.listing("/sandbox"))[0], {"files": ["/sandbox/a/deep/x", "/sandbox/a/y", "/sandbox/b"]})
        self.assertEqual(done(self.files.listing("/sandbox/a/deep/"))[0], {"files": ["/sandbox/a/deep/x"]})
        self.assertEqual(done(self.files.listing("/sandbox/missing"))[0], {"files": []})

    def test_paths_that_lead_out_are_refused(self) -> None:  # rule: C96b
        (self.root / "sandbox/out").symlink_to(self.folder)
        (self.root / "sandbox/file").symlink_to(self.source)
        (self.root / "sandbox/in").symlink_to("a")
        done(self.files.make("/sandbox/a"))
        outside = ["/etc/x", "sandbox/x", "/sandboxes/x", "", "/sandbox/../x", "/sandbox/a/../../x", "/sandbox/a/../b", "/sandbox/x\0"]
        outside += ["/sandbox/out/x", "/sandbox/file"]
        for path in outside:
            with self.subTest(path):
                copies = [self.files.mount(str(self.source), path), self.files.sync(path, str(self.folder / "got"))]
                for work in (*copies, self.files.make(path), self.files.listing(path)):
                    with self.assertRaisesRegex(ValueError, "is not below /sandbox|leads out of /sandbox"):
                        done(work)
        self.assertEqual(sorted(os.listdir(self.folder)), ["root", "source.txt"])
        done(self.files.mount(str(self.source), "/sandbox/in/x"))  # a link that stays inside is none of our business
        self.assertTrue((self.root / "sandbox/a/x").exists())

    def test_a_link_that_is_put_there_at_the_last_moment_is_not_followed(self) -> None:
        link = self.root / "sandbox/x"
        link.symlink_to(self.source)
        with mock.patch.object(self.files, "real", lambda path: str(link)):  # it was none yet when that was asked
            for work in (self.files.mount(__file__, "/sandbox/x"), self.files.sync("/sandbox/x", str(self.folder / "got"))):
                with self.assertRaises(OSError):
                    done(work)
        self.assertEqual((self.source.read_text(), sorted(os.listdir(self.folder))), ("hello", ["root", "source.txt"]))

    def test_what_is_no_file_is_refused_and_not_waited_for(self) -> None:
        os.mkfifo(self.folder / "fifo")
        os.mkfifo(self.root / "sandbox/fifo")
        held = len(os.listdir("/proc/self/fd"))
        for work, kind in (
            (self.files.mount(str(self.folder / "fifo"), "/sandbox/x"), ValueError),
            (self.files.mount(str(self.folder), "/sandbox/x"), ValueError),
            (self.files.mount(str(self.source), "/sandbox/fifo"), OSError),  # nobody reads it
            (self.files.mount(str(self.folder / "missing"), "/sandbox/x"), FileNotFoundError),
            (self.files.mount("/dev/zero", "/sandbox/x"), ValueError),
            (self.files.sync("/sandbox/fifo", str(self.folder / "x")), ValueError),
        ):
            with self.assertRaises(kind):
                done(work)
        self.assertEqual(len(os.listdir("/proc/self/fd")), held)

    def test_a_file_is_not_copied_over_itself(self) -> None:
        done(self.files.mount(str(self.source), "/sandbox/x"))
        with self.assertRaises(shutil.SameFileError):
            done(self.files.sync("/sandbox/x", str(self.root / "sandbox/x")))
        self.assertEqual((self.root / "sandbox/x").read_text(), "hello")

    def test_paths_inside_have_the_names_that_the_host_knows(self) -> None:  # rule: C47
        base = self.root / "sandbox"
        for path, name in ((base, "/sandbox"), (base / "a", "/sandbox/a"), (f"{base}es", f"{base}es"), ("/tmp", "/tmp")):
            self.assertEqual(self.files.virtual(str(path)), name)

    def test_a_root_of_its_own_goes_and_a_named_one_stays(self) -> None:  # rule: C99
        self.files.close()
        self.assertTrue(self.root.exists())
        own = SandboxFiles({"TMPDIR": str(self.folder)})
        self.assertEqual((os.path.dirname(own.root), os.stat(own.root).st_mode & 0o777), (str(self.folder), 0o700))
        done(own.mount(str(self.source), "/sandbox/x"))
        own.close()
        self.assertFalse(os.path.exists(own.root))

    def test_a_root_of_the_whole_machine_has_the_names_as_they_are(self) -> None:
        with mock.patch("os.makedirs"):
            self.assertEqual(SandboxFiles({"PREDICT_RLM_SBX_ROOT": "/"}).virtual("/sandbox/x"), "/sandbox/x")


# A root file system that has all of this one's directories, and in which `/sandbox` may be made.
OWN_ROOT = (
    'mkdir "$0/all" && mount -t tmpfs all "$0/all" && for one in /*; do if [ -L "$one" ]; then cp -P "$one" "$0/all/"; '
    'elif [ -d "$one" ] && [ "$one" != /sandbox ]; then mkdir "$0/all$one" && mount --rbind "$one" "$0/all$one" || exit 9; fi; done && '
    'exec chroot "$0/all" "$@"'
)


class RealTest(unittest.TestCase):
    def test_virtual_paths_are_real_ones_where_the_root_is_that_of_the_machine(self) -> None:  # rule: C93
        with tempfile.TemporaryDirectory() as folder:
            inside = ["unshare", "--mount", "--map-root-user", "sh", "-c", OWN_ROOT, os.path.join(folder, "root")]
            os.mkdir(inside[-1])
            tried = subprocess.run([*inside, "true"], stderr=subprocess.PIPE, text=True, timeout=30) if shutil.which("unshare") else None
            if tried is None or tried.returncode:
                self.skipTest(f"nobody may have a root file system of their own here: {tried and tried.stderr}")
            os.rmdir(os.path.join(inside[-1], "all"))
            self._round_trip(folder, inside)

    def _round_trip(self, folder: str, inside: list[str]) -> None:
        source, target = pathlib.Path(folder, "source.txt"), pathlib.Path(folder, "target.txt")
        source.write_text("hello")
        with LineHost({"PREDICT_RLM_RUNNER_ROOT": "/"}, inside=inside) as host:
            host.call("mount_file", host_path=str(source), virtual_path="/sandbox/input.txt")
            host.call("mkdir_p", path="/sandbox/out")
            host.output("text=open('/sandbox/input.txt').read();open('/sandbox/out/result.txt','w').write(text+' world')")
            self.assertIn("/sandbox/out/result.txt", host.call("list_dir", path="/sandbox")["result"]["files"])
            host.call("sync_file", virtual_path="/sandbox/out/result.txt", host_path=str(target))
        self.assertEqual(target.read_text(), "hello world")
        self.assertFalse(os.path.exists("/sandbox/input.txt"))

    def test_files_make_the_round_trip_through_a_cell(self) -> None:  # rule: C94, C96
        with tempfile.TemporaryDirectory() as folder, LineHost({"PREDICT_RLM_SBX_ROOT": os.path.join(folder, "root")}) as host:
            source, target = pathlib.Path(folder, "source.txt"), pathlib.Path(folder, "got/target.txt")
            source.write_text("hello")
            self.assertEqual(host.call("mount_file", host_path=str(source), virtual_path="/sandbox/input/source/input.txt")["result"], {})
            self.assertEqual(host.call("mkdir_p", path="/sandbox/output/result")["result"], {})
            cell = (
                "import os, pathlib; sandbox = pathlib.Path(os.environ['PREDICT_RLM_RUNNER_ROOT'], 'sandbox')\n"
                "text = (sandbox / 'input/source/input.txt').read_text(); out = sandbox / 'output/result/output.txt'; out.write_text(text + ' sbx')\n"
                "SUBMIT(path=out, text=str(out))"
            )
            final = host.execute(cell)["final"]
            self.assertEqual(final["path"], "/sandbox/output/result/output.txt")
            self.assertEqual(final["text"], os.path.join(os.path.realpath(folder), "root/sandbox/output/result/output.txt"))
            self.assertEqual(host.call("list_dir", path="/sandbox/output")["result"], {"files": ["/sandbox/output/result/output.txt"]})
            self.assertEqual(host.call("sync_file", virtual_path="/sandbox/output/result/output.txt", host_path=str(target))["result"], {})
            self.assertEqual(target.read_text(), "hello sbx")
            refused = host.call("sync_file", virtual_path="/sandbox/missing", host_path=str(target))["error"]["data"]
            self.assertEqual(refused["type"], "FileNotFoundError")
            self.assertEqual(host.call("list_dir", path="/etc")["error"]["data"]["type"], "ValueError")
            host.call("reset")
            self.assertTrue(pathlib.Path(folder, "root/sandbox/input").exists())

    def test_a_root_that_cannot_be_made_is_named(self) -> None:
        host = LineHost({"PREDICT_RLM_RUNNER_ROOT": "/proc/nothing"})
        host.wait_for_end()
        self.assertEqual(host.close(), 64)
        self.assertIn("PREDICT_RLM_RUNNER_ROOT or PREDICT_RLM_SBX_ROOT: no directory can be made there", host.errors)
        self.assertIn("/proc/nothing", host.errors)
