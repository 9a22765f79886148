"""Garbage goes although the heap is frozen for the sake of copies."""

from __future__ import annotations

import unittest

from tests.support.host import Host

CYCLE = """
import gc, weakref
class Node: pass
def ring(size):
    node = Node()
    node.self, node.load = node, bytearray(size)
    return weakref.ref(node)
"""


class HeapTest(unittest.TestCase):
    def test_a_collection_that_the_user_asks_for_takes_the_garbage_of_earlier_cells(self) -> None:
        with Host() as host:
            host.open()
            host.execute(CYCLE)
            host.execute("gc.disable(); old = ring(10)")
            host.execute("gc.collect(); print(old() is None)")
            self.assertEqual(host.text(), "True\n")

    def test_a_few_objects_that_hold_much_do_not_pile_up_over_cells(self) -> None:
        with Host() as host:
            host.open()
            host.execute(CYCLE)
            for _ in range(20):
                self.assertEqual(host.execute("old = ring(32 << 20)")["outcome"], "completed")
            host.execute("print(int(open('/proc/self/statm').read().split()[1]) * 4096 >> 20)")
            self.assertLess(int(host.text()), 20 * 32 // 2, "MiB: most of the garbage has gone")

    def test_many_small_objects_do_not_either(self) -> None:
        with Host() as host:
            host.open()
            host.execute(CYCLE + "rings = []")
            for _ in range(6):
                host.execute("rings += [ring(1) for _ in range(100_000)]")
            host.execute("print(sum(found() is None for found in rings) > 200_000)")
            self.assertEqual(host.text(), "True\n")


if __name__ == "__main__":
    unittest.main()
