"""When a copy was dear, others are tried again all the same; and what a copy has closed is let go of."""

from __future__ import annotations

import os
import socket
import unittest
from typing import Any
from unittest import mock

from _runner import gates, limits
from _runner.keeper import Keeper
from _runner.ports import Port
from _runner.slots import Slots
from _runner.wire import Wire
from tests.support.host import Host


class CostTest(unittest.TestCase):
    def test_a_dear_copy_is_not_the_last_one_for_ever(self) -> None:  # rule: H39
        asked: list[int] = []

        class Parts:
            @staticmethod
            def descriptors() -> list[int]:
                return []

            @staticmethod
            def of_user() -> list[str]:
                return []

            @staticmethod
            def word_aside(said: bytes, fd: Any) -> Any:
                return lambda: None

        def why_not(own: Any, policy: str, took: int) -> str:
            asked.append(took)
            return "cost: told by the test"

        parts: Any = Parts()
        keeper = Keeper(parts, parts, parts, {}, -1)
        keeper._took = limits.FORK_NANOS + 1
        with mock.patch.object(gates, "why_not", why_not):
            for cell in range(2 * limits.FORK_PATIENCE):
                self.assertIsNone(keeper.keep(None, cell, "auto"))
        self.assertEqual([took for took in asked if took == 0], [0, 0])
        self.assertEqual(asked.index(0), limits.FORK_PATIENCE - 1)

    def test_a_copy_of_a_small_heap_is_not_dear(self) -> None:
        with Host() as host:
            host.open()
            for _ in range(20):
                host.execute("x = 1")
            self.assertEqual(host.execute("import os; os._exit(1)")["state"]["source"], "checkpoint")


class ShedTest(unittest.TestCase):
    def test_what_a_copy_had_closed_closes_nothing_of_the_kernel_that_it_becomes(self) -> None:  # rule: H42
        ours, theirs = socket.socketpair()
        port = Port(Wire(ours, 1, 1), Slots(1))
        port.wakeable()
        numbers = port.descriptors()
        self.assertEqual(len(numbers), 3)
        for number in numbers:
            os.close(number)
        others = [os.open(os.devnull, os.O_RDONLY) for _ in numbers]
        moved = [os.dup2(other, number) for other, number in zip(others, numbers) if other != number]
        port.shed()
        del port, ours
        for number in numbers:
            os.fstat(number)
        for number in {*others, *moved}:
            os.close(number)
        theirs.close()


if __name__ == "__main__":
    unittest.main()
