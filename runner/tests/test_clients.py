"""Other people's clients against a listening runner: Node's `ws`, Python's `websockets`, and a browser, which must stay out.

Where one of them is not installed its test is skipped with the reason; with PYVISOR_CLIENTS=required, as in CI, it fails.
"""

from __future__ import annotations

import http.server
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import unittest
from typing import NoReturn, Sequence

from tests.support.listening import TOKEN, Peer, Runner
from tests.support.tier import tell, thorough
from tests.test_strangers import told

HERE = pathlib.Path(__file__).resolve().parent / "clients"
TARGET = HERE.parent.parent.parent / "target"
SECONDS = 60.0
SEEN = {
    "wrongToken": 401, "subprotocol": "pyvisor.v1", "extensions": "", "incarnation": "string", "pong": "hello", "linkPong": 7,
    "status": True, "closed": 1000, "oversized": 1009,
}  # fmt: skip
# What a browser sends; it cannot send a token, and must not get in with one.
BROWSER = {
    "Connection": "keep-alive, Upgrade", "Pragma": "no-cache", "Cache-Control": "no-cache", "User-Agent": "Mozilla/5.0",
    "Origin": "http://page.example", "Accept-Encoding": "gzip, deflate", "Accept-Language": "en",
    "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits",
}  # fmt: skip
PAGE = """<!doctype html><title>waiting</title><pre id=seen></pre><script>
const seen = document.getElementById('seen');
const socket = new WebSocket('ws://WHERE/v1/link', 'pyvisor.v1');
socket.onopen = () => { seen.textContent = 'open'; };
socket.onclose = event => { seen.textContent += 'closed ' + event.code; fetch('/seen?' + encodeURIComponent(seen.textContent)); };
</script>"""


class ClientsTest(unittest.TestCase):
    def setUp(self) -> None:
        self.runner = Runner()
        self.addCleanup(self.runner.__exit__, None, None, None)

    def test_the_ws_of_node_attaches_and_is_refused_as_it_should(self) -> None:
        node, modules = shutil.which("node"), TARGET / "clients"
        if node is None or not (modules / "node_modules" / "ws").is_dir():
            self.absent(f"node, or its package ws in {modules}: npm install --prefix {modules} ws")
        self.judge("ws", [node, str(HERE / "ws.js"), self.runner.authority, str(modules)])

    def test_the_websockets_of_python_attaches_and_is_refused_as_it_should(self) -> None:
        python = next(filter(_has_websockets, (shutil.which("python3") or sys.executable, sys.executable)), None)
        if python is None:
            self.absent("a Python with the package websockets from 15 on: pip install websockets")
        self.judge("websockets", [python, "-I", "-B", str(HERE / "websockets_client.py"), self.runner.authority])

    def test_a_browser_s_handshake_is_refused_with_a_token_and_without(self) -> None:  # R37
        headers = {name.replace("-", "_"): value for name, value in BROWSER.items()}
        for authorization in (None, f"Bearer {TOKEN}"):
            with Peer(self.runner) as peer:
                peer.ask(Authorization=authorization, **headers)
                self.assertEqual(told(peer), "403 origin_forbidden")

    @unittest.skipUnless(thorough(), "what a browser does depends least on the Python; -Pwide runs it on each")
    def test_a_page_in_chromium_does_not_get_in(self) -> None:  # R37
        chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        if chromium is None:
            self.skipTest("chromium is not installed: apt-get install chromium")
        told_by_page: list[str] = []
        done = threading.Event()
        page = PAGE.replace("WHERE", self.runner.authority).encode()

        class Site(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path.startswith("/seen?"):
                    told_by_page.append(self.path.partition("?")[2])
                    done.set()
                try:
                    self.send_response(200)
                    self.send_header("Content-Type", "text/html")
                    self.end_headers()
                    self.wfile.write(page)
                except OSError:
                    pass  # the browser is killed as soon as it has spoken

            def log_message(self, *_: object) -> None:
                pass

        site = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
        server = threading.Thread(target=site.serve_forever)
        server.start()
        home = tempfile.mkdtemp(prefix="pyvisor-browser-")
        browser = subprocess.Popen(
            [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", f"--user-data-dir={home}",
             f"http://127.0.0.1:{site.server_address[1]}/"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        try:
            self.assertTrue(done.wait(SECONDS), "the page said nothing")
        finally:
            os.killpg(browser.pid, 9)
            browser.wait()
            site.shutdown()
            server.join()
            site.server_close()
            shutil.rmtree(home, ignore_errors=True)
        tell(f"a page in chromium saw: {told_by_page[0]}")
        self.assertEqual(told_by_page, ["closed%201006"], "it was not opened, and the page is not told why")
        self.assertEqual(self.runner.status()["attaches"], 0)

    def judge(self, client: str, command: Sequence[str]) -> None:
        found = subprocess.run(
            command, env={**os.environ, "RUNNER_TOKEN": TOKEN}, capture_output=True, text=True, timeout=SECONDS, check=False
        )
        self.assertEqual(found.returncode, 0, found.stderr)
        seen = json.loads(found.stdout)
        tell(f"{client}: {seen}")
        self.assertEqual(seen, SEEN)
        self.assertEqual(self.runner.status()["attaches"], 2)

    def absent(self, what: str) -> NoReturn:
        if os.environ.get("PYVISOR_CLIENTS") == "required":
            self.fail(f"missing: {what}")
        raise unittest.SkipTest(f"not installed: {what}")


def _has_websockets(python: str) -> bool:
    probe = "import websockets.sync.client; assert int(websockets.__version__.split('.')[0]) >= 15"
    try:
        return subprocess.run([python, "-I", "-c", probe], capture_output=True, check=False).returncode == 0
    except OSError:
        return False
