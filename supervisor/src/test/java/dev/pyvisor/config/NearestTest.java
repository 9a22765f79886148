package dev.pyvisor.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class NearestTest {
  private static final List<String> WORDS =
      List.of("backend", "call-timeout", "cell-timeout", "preload", "payload");

  @Test
  void a_slip_of_the_finger_is_forgiven() {
    assertThat(near("bakend")).containsExactly("backend");
    assertThat(near("backendd")).containsExactly("backend");
    assertThat(near("bcakend")).containsExactly("backend");
    assertThat(near("cxll-timeout")).containsExactly("call-timeout", "cell-timeout");
  }

  @Test
  void another_way_of_writing_words_together_is_forgiven() {
    for (String written : List.of("cellTimeout", "CELL_TIMEOUT", "cell.timeout", "cell timeout")) {
      assertThat(near(written)).as(written).containsExactly("cell-timeout");
    }
  }

  @Test
  void a_part_of_a_name_is_enough_where_nothing_is_nearer() {
    assertThat(near("timeout")).containsExactly("call-timeout", "cell-timeout");
  }

  @Test
  void what_is_like_none_of_them_finds_none() {
    assertThat(near("zebra")).isEmpty();
    assertThat(near("")).isEmpty();
    assertThat(near("x".repeat(1_000_000))).isEmpty();
    assertThat(new Nearest(List.of()).question()).isEmpty();
  }

  @Test
  void the_question_names_all_of_them() {
    assertThat(Nearest.to("timeout", WORDS).question())
        .isEqualTo("; did you mean 'call-timeout' or 'cell-timeout'?");
  }

  private static List<String> near(String written) {
    return Nearest.to(written, WORDS).words();
  }
}
