"""absence.py: how long a runner waits for a host, on a clock of the test's own."""

from __future__ import annotations

import unittest
from typing import Callable

from _runner import absence, limits
from _runner.absence import Absence


class Clock:
    """Rings when it is told to."""

    def __init__(self) -> None:
        self.set: list[tuple[float, Callable[[], None]]] = []

    def after(self, seconds: float, action: Callable[[], None]) -> Clock.Alarm:
        entry = (seconds, action)
        self.set.append(entry)
        return self.Alarm(self, entry)

    class Alarm:
        def __init__(self, clock: Clock, entry: tuple[float, Callable[[], None]]) -> None:
            self._clock, self._entry = clock, entry

        def cancel(self) -> None:
            self._clock.set.remove(self._entry)


class AbsenceTest(unittest.TestCase):
    def setUp(self) -> None:
        self.clock, self.ended = Clock(), False

    def absence(self, seconds: float | None) -> Absence:
        return Absence(self.clock, seconds, lambda: setattr(self, "ended", True))

    def test_a_host_that_comes_back_in_time_keeps_it(self) -> None:  # rule: REC-11
        waiting = self.absence(3)
        for time in range(3):
            waiting.begin()
            self.assertEqual([seconds for seconds, _ in self.clock.set], [3])
            waiting.end()
            self.assertEqual(self.clock.set, [])
        waiting.begin()
        self.clock.set[0][1]()
        self.assertTrue(self.ended)

    def test_the_first_host_gets_the_usual_time_at_least(self) -> None:  # rule: REC-11
        for given, waits in ((0, limits.DETACH_TTL), (7200, 7200)):
            self.clock.set.clear()
            self.absence(given).before_the_first()
            self.assertEqual([seconds for seconds, _ in self.clock.set], [waits])

    def test_who_holds_a_leash_decides_alone(self) -> None:
        waiting = self.absence(None)
        waiting.before_the_first()
        waiting.begin()
        waiting.end()
        self.assertEqual(self.clock.set, [])

    def test_a_duration_has_a_unit(self) -> None:
        self.assertEqual(
            [absence.seconds(text) for text in ("0s", "500ms", "90s", "1.5m", "24h")], [0, 0.5, 90, 90, 86_400]
        )
        for text in ("", "1", "s", "-1s", " 1s", "1 s", "1e3s", "25h", "86401s", "nan", "infs", "٣s"):
            with self.subTest(text), self.assertRaises(ValueError):
                absence.seconds(text)


if __name__ == "__main__":
    unittest.main()
