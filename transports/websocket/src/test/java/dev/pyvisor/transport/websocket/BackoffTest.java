package dev.pyvisor.transport.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class BackoffTest {
  private static final long MILLI = 1_000_000;

  private final Backoff backoff = new Backoff(limit -> limit); // the longest of each

  private long[] pauses(int count) {
    return LongStream.range(0, count).map(i -> backoff.pause(0, 0) / MILLI).toArray();
  }

  @Test
  void the_first_retry_is_at_once_and_the_others_double_up_to_the_longest() {
    assertThat(pauses(9)).containsExactly(0, 100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000);
    assertThat(pauses(100)).containsOnly(5_000);
  }

  @Test
  void a_link_that_is_accepted_and_cut_again_waits_longer_each_time() {
    for (long expected : new long[] {0, 100, 200, 400}) {
      backoff.attached(0, 77);
      assertThat(backoff.pause(MILLI, 77) / MILLI).isEqualTo(expected);
    }
  }

  @Test
  void progress_or_a_stable_while_begins_anew() {
    pauses(5);
    backoff.attached(0, 77);
    assertThat(backoff.pause(MILLI, 78)).isZero();
    pauses(5);
    backoff.attached(0, 77);
    assertThat(backoff.pause(WebsocketLimits.STABLE.toNanos(), 77)).isZero();
    pauses(5);
    backoff.attached(0, 77);
    assertThat(backoff.pause(WebsocketLimits.STABLE.toNanos() - 1, 77)).isPositive();
  }

  @Test
  void a_runner_that_goes_away_by_its_own_will_is_dialled_at_once() {
    pauses(5);
    backoff.excused();
    assertThat(backoff.pause(0, 0)).isZero();
  }
}
