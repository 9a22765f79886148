package dev.pyvisor.transport.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RedialTest {
  private static final String AUTHORITY = "127.0.0.1:9";
  private static final Duration PATIENCE = Duration.ofMinutes(15);
  private static final long LAST = PATIENCE.toNanos() - 1;

  private final Redial ours = redial(true);
  private final Redial anothers = redial(false);

  private static Redial redial(boolean ours) {
    return new Redial(new Manner(ours, false, PATIENCE), limit -> limit);
  }

  private static Answer answer(int status, String code, Optional<Duration> retryAfter) {
    return new Answer(status, code, "no", retryAfter);
  }

  @Test
  void no_connection_for_too_long_is_the_end_and_each_cut_begins_anew() {
    ours.ended("1006 ");
    assertThat(ours.verdict(LAST, AUTHORITY)).isEmpty();
    assertThat(ours.verdict(LAST + 1, AUTHORITY))
        .hasValueSatisfying(
            why -> assertThat(why).contains("disconnected_too_long", "PT15M", "1006"));
    ours.attached(LAST, 0);
    ours.cut(LAST + 1);
    assertThat(ours.verdict(LAST + 2, AUTHORITY)).isEmpty();
    assertThat(ours.outage()).isEqualTo(LAST);
  }

  @Test
  void the_pause_does_not_outlast_that() {
    for (int attempt = 0; attempt < 20; attempt++) {
      ours.pause(LAST - 1_000, 0);
    }
    assertThat(ours.pause(LAST - 1_000, 0)).isEqualTo(1_001);
  }

  @Test
  void where_nothing_listens_another_s_runner_is_not_waited_for_unless_it_was_there() {
    ours.nobodyListens();
    anothers.nobodyListens();
    assertThat(ours.verdict(0, AUTHORITY)).isEmpty();
    assertThat(anothers.verdict(0, AUTHORITY).orElseThrow()).contains("nothing listens", AUTHORITY);
    anothers.attempts();
    assertThat(anothers.verdict(0, AUTHORITY)).isEmpty();
    anothers.attached(0, 0);
    anothers.nobodyListens();
    assertThat(anothers.verdict(0, AUTHORITY)).isEmpty();
  }

  @Test
  void the_first_refusal_of_an_attempt_counts_and_the_next_attempt_begins_anew() {
    ours.refused(answer(503, "draining", Optional.empty()));
    ours.refused(answer(401, "unauthenticated", Optional.empty()));
    assertThat(ours.verdict(0, AUTHORITY)).isEmpty();
    ours.attempts();
    ours.refused(answer(401, "unauthenticated", Optional.empty()));
    assertThat(ours.verdict(0, AUTHORITY).orElseThrow()).contains("401 unauthenticated", "token");
  }

  @Test
  void a_pause_is_as_long_as_the_runner_asks_for() {
    ours.refused(answer(429, "resource_exhausted", Optional.of(Duration.ofSeconds(51))));
    assertThat(ours.pause(0, 0)).isEqualTo(Duration.ofSeconds(51).toNanos());
  }

  @Test
  void
      who_does_not_show_itself_to_be_the_one_is_left_and_a_handshake_that_fails_otherwise_is_not_if_it_was_there() {
    anothers.distrusts(new TlsFailure(false, "tls_failed: no"));
    assertThat(anothers.verdict(0, AUTHORITY)).contains("tls_failed: no");
    anothers.attempts();
    assertThat(anothers.verdict(0, AUTHORITY)).isEmpty();
    anothers.attached(0, 0);
    anothers.distrusts(new TlsFailure(false, "tls_failed: no"));
    assertThat(anothers.verdict(0, AUTHORITY)).isEmpty();
    anothers.distrusts(new TlsFailure(true, "tls_untrusted: no"));
    assertThat(anothers.verdict(0, AUTHORITY)).contains("tls_untrusted: no");
  }
}
