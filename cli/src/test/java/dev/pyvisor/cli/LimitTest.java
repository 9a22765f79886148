package dev.pyvisor.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class LimitTest {
  private static final Limit.OrNone LIMIT = new Limit.OrNone();
  private static final Limit.Grace GRACE = new Limit.Grace();

  @ParameterizedTest
  @CsvSource({
    "1ms, 1",
    "500ms, 500",
    "2s, 2000",
    "1.5s, 1500",
    ".25s, 250",
    "5m, 300000",
    "0.5m, 30000",
    "2h, 7200000",
    "1000h, 3600000000",
    "0300s, 300000"
  })
  void a_number_with_a_unit_is_a_duration(String text, long millis) {
    assertThat(LIMIT.convert(text).duration()).contains(Duration.ofMillis(millis));
  }

  @Test
  void none_is_no_limit() {
    assertThat(LIMIT.convert("none").duration()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", "5", "s", "-1s", "+1s", "1 s", "1,5s", "5d", "5S", "1e3s", "1s ", "None", "∞", "٣s"
      })
  void anything_else_is_refused_with_its_value_and_what_to_write(String text) {
    assertThatThrownBy(() -> LIMIT.convert(text))
        .isInstanceOf(TypeConversionException.class)
        .hasMessageContaining("'" + text + "'")
        .hasMessageContaining("500ms")
        .hasMessageContaining("none");
  }

  @Test
  void what_cannot_be_kept_exactly_is_refused() {
    assertThatThrownBy(() -> LIMIT.convert("0.5ms")).hasMessageContaining("'0.5ms' is finer");
    assertThatThrownBy(() -> LIMIT.convert("0s")).hasMessageContaining("'0s' leaves no time");
    assertThatThrownBy(() -> LIMIT.convert("24001h")).hasMessageContaining("'24001h' is longer");
    assertThatThrownBy(() -> LIMIT.convert("9".repeat(400) + "s")).hasMessageContaining("longer");
  }

  @Test
  void a_grace_may_be_zero_but_not_endless() {
    assertThat(GRACE.convert("0ms")).isZero();
    assertThat(GRACE.convert("400ms")).isEqualTo(Duration.ofMillis(400));
    assertThatThrownBy(() -> GRACE.convert("none")).hasMessageContaining("'none'");
  }
}
