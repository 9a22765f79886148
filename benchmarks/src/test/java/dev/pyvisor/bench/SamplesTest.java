package dev.pyvisor.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class SamplesTest {
  @Test
  void quantiles_are_samples_that_so_many_do_not_exceed() {
    Samples samples = new Samples();
    for (int i = 1000; i >= 1; i--) {
      samples.add(i);
    }
    assertThat(samples.count()).isEqualTo(1000);
    assertThat(samples.median()).isEqualTo(500);
    assertThat(samples.p99()).isEqualTo(990);
    assertThat(samples.max()).isEqualTo(1000);
  }

  @Test
  void one_sample_is_every_quantile() {
    Samples samples = new Samples();
    samples.add(7);
    assertThat(samples.median()).isEqualTo(7);
    assertThat(samples.p99()).isEqualTo(7);
  }

  @Test
  void nothing_has_no_quantile() {
    assertThatThrownBy(() -> new Samples().median()).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void durations_are_shown_with_three_digits() {
    assertThat(Durations.text(41_234)).isEqualTo("41.2 us");
    assertThat(Durations.text(3_071_000)).isEqualTo("3.07 ms");
    assertThat(Durations.text(1_204_000_000L)).isEqualTo("1.20 s");
    assertThat(Durations.text(250_000)).isEqualTo("250 us");
    assertThat(Durations.text(99_960)).isEqualTo("100 us");
    assertThat(Durations.text(9_996)).isEqualTo("10.0 us");
  }

  @Test
  void sizes_are_shown_in_powers_of_ten() {
    assertThat(Sizes.text(512_400)).isEqualTo("512 kB");
    assertThat(Sizes.text(3_071_000)).isEqualTo("3.07 MB");
    assertThat(Sizes.text(6_000_000_000L)).isEqualTo("6.00 GB");
  }
}
