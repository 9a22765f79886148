"""Who may call next."""

from __future__ import annotations

import unittest

from _runner.slots import Slots, Turn


class SlotsTest(unittest.TestCase):
    def queue(self, slots: Slots, log: list, name: str) -> Turn:
        turn = Turn(lambda: log.append(name))
        slots.take_or_queue(turn)
        return turn

    def test_slots_go_to_those_who_wait_in_their_order(self) -> None:
        slots, log = Slots(1), []
        self.assertTrue(slots.try_take())
        first, second = self.queue(slots, log, "first"), self.queue(slots, log, "second")
        self.assertFalse(slots.try_take())
        slots.give_back()
        self.assertEqual((log, first.granted, second.granted), (["first"], True, False))
        slots.give_back()
        slots.give_back()
        self.assertTrue(slots.try_take())

    def test_who_leaves_the_queue_gives_up_a_slot_granted_meanwhile(self) -> None:
        slots, log = Slots(1), []
        slots.try_take()
        first, second = self.queue(slots, log, "first"), self.queue(slots, log, "second")
        slots.leave(second)
        slots.give_back()
        slots.leave(first)
        self.assertTrue(slots.try_take())

    def test_a_turn_whose_loop_is_closed_is_passed_on(self) -> None:
        def closed() -> None:
            raise RuntimeError("Event loop is closed")

        slots, log = Slots(1), []
        slots.try_take()
        slots.take_or_queue(Turn(closed))
        self.queue(slots, log, "next")
        slots.give_back()
        self.assertEqual(log, ["next"])


if __name__ == "__main__":
    unittest.main()
