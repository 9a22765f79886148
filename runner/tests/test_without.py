"""Each mechanism of the listening runner taken away: a named test fails, and a cell on a link that nobody harms still prints."""

from __future__ import annotations

import concurrent.futures
import pathlib
import unittest
from typing import NamedTuple

from tests import test_conformance, test_linked, test_strangers
from tests.support.payload import patch, patched
from tests.support.tier import tell, thorough_from_wide

ANSWERS = test_strangers.StrangersTest, "test_every_request_is_taken_or_refused_by_its_status"
PAGES = test_strangers.StrangersTest, "test_no_page_of_a_browser_and_no_other_name_gets_in"
FRAMES = test_conformance.ConformanceTest, "test_every_frame_is_answered_as_the_rfc_says"
FIRST = test_conformance.ConformanceTest, "test_every_first_word_that_is_no_attach_ends_its_connection_and_nothing_else"
WORDS = test_conformance.ConformanceTest, "test_every_word_out_of_place_ends_its_connection_and_nothing_else"


class Patch(NamedTuple):
    """What is taken away, the lines that do it, and the test that must see it."""

    what: str
    lines: list[tuple[str, str, str]]  # module, old, new
    check: tuple[type[unittest.TestCase], str]


PATCHES = [
    Patch("what came twice is cut off", [("records", "new = record.data[known:] if known else record.data", "new = record.data")],
          (test_linked.LinkedTest, "test_a_record_that_comes_twice_is_taken_once")),
    Patch("the acknowledgement", [("records", "        self._records += 1\n        new = ", "        new = ")],
          (test_linked.LinkedTest, "test_what_is_taken_over_is_acknowledged_though_nothing_goes_the_other_way")),
    Patch("dropping what has come of a frame that is given up", [("given_up", '        self._held = b""\n        return frame', '        frame, self._held = self._held + frame, b""\n        return frame')],
          (test_linked.LinkedTest, "test_a_request_that_the_host_gives_up_is_answered_so_and_the_session_lives")),
    Patch("the answer to a request that is given up", [("intake", "    rpc.check_given_up(request)\n", "")],
          (test_linked.LinkedTest, "test_a_request_that_the_host_gives_up_is_answered_so_and_the_session_lives")),
    Patch("passing on before a close", [("connection", "break  # what came before is passed on all the same", "return")],
          (test_linked.LinkedTest, "test_what_came_in_one_segment_with_a_close_is_passed_on")),
    Patch("the last words", [("endpoint", "                self._link.sender.write(data)\n        except OSError:", "                pass\n        except OSError:")],
          (test_linked.LinkedTest, "test_the_last_words_of_a_runner_come_before_its_end")),
    Patch("the fence", [("endpoint", "        elif connection is self._current:  # what a superseded one still says is nobody's\n", "        else:\n"),
                        ("endpoint", 'before.close(_SUPERSEDED, "another connection was attached")', "pass")],
          (test_linked.LinkedTest, "test_late_words_of_a_connection_that_was_superseded_are_not_taken")),
    Patch("the bound of what is kept", [("endpoint", "if self._link.sender.unacked > limits.REPLAY_HIGH:", "if False:")],
          (test_linked.LinkedTest, "test_while_nobody_is_attached_no_more_is_kept_than_the_bound")),
    Patch("the deadline of the request", [("connection", "        self._await(limits.ATTACH_SECONDS, self._too_slow)\n", "")],
          (test_linked.LinkedTest, "test_whoever_asks_for_nothing_is_ended_at_the_deadline")),
    Patch("the deadline of the attach", [("connection", "        self._request = None\n", "        self._request = None\n        self._await(0, None)\n")],
          (test_linked.LinkedTest, "test_whoever_attaches_nothing_is_ended_at_the_deadline")),
    Patch("the judgement of an attach before another makes room", [("endpoint", "if verdict is Verdict.RESUME:\n            try:", "if False:\n            try:")],
          (test_linked.LinkedTest, "test_an_attach_that_is_refused_leaves_the_one_that_there_is")),
    Patch("the comparison in constant time",
          [("upgrade", "hmac.compare_digest(hashlib.sha256(given.strip().encode()).digest(), self.token)",
            "hashlib.sha256(given.strip().encode()).digest() == self.token")],
          (test_linked.TokenTest, "test_tokens_are_compared_by_their_digests_and_in_constant_time")),
    Patch("the token", [("upgrade", 'if not (same and scheme.lower() == "bearer"):', "if False:")], ANSWERS),
    Patch("the check of the origin", [("upgrade", "if origin is not None and origin not in self.origins:", "if False:")], PAGES),
    Patch("the check of the host", [("upgrade", "if host not in self.hosts:", "if False:")], PAGES),
    Patch("the bound of a request", [("upgrade", "if len(self._data) > limits.HTTP_HEAD:", "if False:"),
                                     ("upgrade", ", seen, limits.HTTP_HEAD + 4)", ", seen)")], ANSWERS),
    Patch("the bound of connections", [("connection", "if taken >= limits.CONNECTIONS:", "if False:")],
          (test_strangers.StrangersTest, "test_more_connections_than_there_may_be_are_refused_and_end_none_that_is_there")),
    Patch("the bound of answers to pings", [("connection", "if self._sink.queued > limits.CONNECTION_MAX:", "if False:")],
          (test_strangers.StrangersTest, "test_a_host_that_pings_and_reads_no_answer_gets_no_memory")),
    Patch("the bound of a message", [("websocket", "if not first & 0x8 and self._size + size > self._limit:", "if False:")], FRAMES),
    Patch("the bound of fragments", [("websocket", "if self._fragments > limits.WEBSOCKET_FRAGMENTS:", "if False:")], FRAMES),
    Patch("masks that must be there", [("websocket", "if not second & _MASKED:", "if False:")], FRAMES),
    Patch("the shortest form of a length", [("websocket", "if size < (_LENGTH_16 if wide == 2 else 65_536):", "if False:")], FRAMES),
    Patch("the judgement of close codes", [("websocket", "if not _may_be_sent(code):", "if False:")], FRAMES),
    Patch("the refusal of text", [("websocket", "        elif opcode == _TEXT:\n", "        elif False:\n")], FRAMES),
    Patch("the type of an incarnation", [("attaching", "if known is not None and not isinstance(known, str):", "if False:")], FIRST),
    Patch("the refusal of words out of place", [("endpoint", "        else:\n            raise ProtocolError(\"REC-4\", f\"a host", "        elif False:\n            raise ProtocolError(\"REC-4\", f\"a host")],
          WORDS),
]  # fmt: skip

# As much as two cores take: most of these tests wait.
AT_ONCE = 4


@unittest.skipUnless(thorough_from_wide(), "it shows what the tests are worth; -Pwide runs it")
class WithoutTest(unittest.TestCase):
    def test_whatever_is_taken_away_is_missed_by_a_named_test(self) -> None:  # R45
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            found = list(pool.map(self.without, PATCHES))
        for one, (missed, prints) in zip(PATCHES, found):
            with self.subTest(one.what):
                tell(f"without {one.what:50} | {one.check[1]} {'fails' if missed else 'PASSES'}")
                self.assertTrue(missed, f"{one.check[1]} does not miss {one.what}")
                self.assertEqual(prints, [], "a cell on a link that nobody harms")

    def without(self, one: Patch) -> tuple[bool, list[str]]:
        (module, old, new), *more = one.lines
        payload = patched(type(self), module, old, new)
        for module, old, new in more:
            patch(payload, module, old, new)
        return bool(run(payload, *one.check)), run(payload, test_linked.LinkedTest, "test_a_cell_prints")


def run(payload: pathlib.Path, kind: type[unittest.TestCase], name: str) -> list[str]:
    """What a test complains of, on another payload than ours."""
    test = kind(name)
    test.payload = payload  # type: ignore[attr-defined]
    result = unittest.TestResult()
    result.failfast = True
    test.run(result)
    return [text for _, text in result.failures + result.errors]
