package dev.pyvisor.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pyvisor.testing.Rule;
import org.junit.jupiter.api.Test;

/** Credit, from both ends. */
class CreditTest {

  @Test
  @Rule("TRN-4")
  void credit_beyond_31_bits_is_refused() {
    Purse purse = new Purse(Lane.KERNEL);
    assertThatThrownBy(() -> purse.fill(Limits.CREDIT_MAX)).hasMessageContaining("TRN-4");
    assertThatThrownBy(() -> purse.fill(-1)).hasMessageContaining("TRN-4");
    purse.fill(Limits.CREDIT_MAX - Limits.KERNEL_WINDOW);
    assertThat(purse.left()).isEqualTo(Limits.CREDIT_MAX);
  }

  @Test
  @Rule({"TRN-1", "TRN-4"})
  void bytes_beyond_the_credit_are_refused_and_consumed_ones_are_given_back_in_steps() {
    Till till = new Till(Lane.STDOUT);
    till.take(Limits.OUTPUT_WINDOW);
    assertThatThrownBy(() -> till.take(1)).hasMessageContaining("TRN-4");
    Till other = new Till(Lane.STDOUT);
    other.take(Limits.OUTPUT_WINDOW);
    int step = Limits.OUTPUT_WINDOW / 4;
    assertThat(other.consume(step - 1)).isZero();
    assertThat(other.consume(1)).isEqualTo(step);
    other.take(step);
  }
}
