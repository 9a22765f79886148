package dev.pyvisor.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pyvisor.TimeLimit;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the command line's own test leaves: writing durations, and numbers that nobody means. */
@Timeout(20)
class DurationTextTest {
  @Test
  void what_is_written_is_read_as_the_same() {
    for (long millis : List.of(1L, 999L, 1_000L, 1_500L, 300_000L, 31_536_000_000L)) {
      Duration duration = Duration.ofMillis(millis);
      assertThat(DurationText.positive(DurationText.of(duration))).isEqualTo(duration);
    }
    assertThat(DurationText.of(Duration.ofSeconds(300))).isEqualTo("300s");
    assertThat(DurationText.of(Duration.ofMillis(1_500))).isEqualTo("1500ms");
    assertThat(DurationText.grace(DurationText.of(Duration.ZERO))).isZero();
    assertThat(DurationText.limit(DurationText.of(TimeLimit.none()))).isEqualTo(TimeLimit.none());
  }

  @Test
  void a_number_of_a_million_digits_is_refused_before_it_is_reckoned_with() {
    String digits = "9".repeat(1_000_000);
    assertThatThrownBy(() -> DurationText.positive(digits + "s"))
        .hasMessageContaining("longer or finer than any limit")
        .satisfies(refused -> assertThat(refused.getMessage()).hasSizeLessThan(200));
    assertThatThrownBy(() -> DurationText.positive("0." + digits + "s"))
        .hasMessageContaining("longer or finer than any limit");
  }
}
