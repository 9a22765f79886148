"""Python's logging, forwarded where the host asked for it."""

from __future__ import annotations

import textwrap
import unittest

from _runner import limits
from tests.support.kernels import KernelHost


class LogsTest(unittest.TestCase):
    def logs(self, code: str, level: str = "INFO", expected: int = 0) -> list:
        with KernelHost(logging=level) as host:
            done = host.execute("import logging\n" + textwrap.dedent(code))
            self.assertEqual((done.outcome, done.err), ("completed", ""), done.error)
            # A thread's channel and the main one are read in any order.
            host.wait_for(lambda: len(host.calls("log")) >= expected)
            return [tuple(said.envelope["params"].values()) for said in host.calls("log")]

    def test_records_are_forwarded_from_their_level_on(self) -> None:
        told = self.logs("""
            log = logging.getLogger('app.load')
            log.warning('slow %s', 5); log.debug('no'); logging.info('root')
            """)
        self.assertEqual(told, [("app.load", "WARNING", "slow 5"), ("root", "INFO", "root")])

    def test_an_exception_brings_its_traceback(self) -> None:
        ((_, _, message),) = self.logs("""
            try: 1/0
            except Exception: logging.exception('failed')
            """)
        self.assertTrue(message.startswith("failed\nTraceback"))
        self.assertIn("ZeroDivisionError", message)

    def test_odd_records_are_forwarded_as_they_can_be(self) -> None:
        told = self.logs(
            "logging.info('%d', 'x'); logging.info('\\ud800'); logging.info('y' * 10_000_000)"
        )
        self.assertIn("do not fit", told[0][2])
        self.assertEqual(told[1][2], "\\ud800")
        self.assertLess(len(told[2][2]), limits.LOG_MESSAGE + 100)

    def test_threads_forward_over_channels_of_their_own(self) -> None:
        told = self.logs(
            """
            import threading
            t = threading.Thread(target=logging.info, args=('from a thread',)); t.start(); t.join()
            """,
            expected=1,
        )
        self.assertEqual([record[2] for record in told], ["from a thread"])

    def test_an_unknown_level_means_warning(self) -> None:
        self.assertEqual(
            [record[1] for record in self.logs("logging.info('a'); logging.error('b')", "CHATTY")],
            ["ERROR"],
        )

    def test_nothing_is_forwarded_unasked(self) -> None:
        with KernelHost() as host:
            host.execute("import logging; logging.warning('plain')")
            self.assertEqual(host.calls("log"), [])


if __name__ == "__main__":
    unittest.main()
