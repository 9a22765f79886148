package dev.pyvisor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class CellTest {

  @Test
  void half_a_surrogate_pair_is_refused_and_never_sent_as_something_else() {
    for (String half : new String[] {"\ud83d", "\ude00"}) {
      for (String code : new String[] {"x = '" + half + "'", half}) {
        assertThatThrownBy(() -> Cell.of(code))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining(
                "U+%04X, at index %d".formatted((int) half.charAt(0), code.indexOf(half)));
      }
    }
    assertThat(Cell.of("x = '\ud83d\ude00é'").code()).hasSize(9);
  }
}
