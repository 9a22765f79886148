package dev.pyvisor.mcp.server;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

/** Text that is shortened. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class ClipTest {
  @Test
  void what_fits_is_left_alone() {
    assertThat(Clip.of("abc", 3, "no")).isEqualTo("abc");
  }

  @Test
  void the_beginning_and_the_end_stay_and_what_is_left_out_is_counted() {
    assertThat(Clip.of("aaaabbbbcc", 6, "print less"))
        .isEqualTo("aaaa\n[… 4 of 10 characters are left out here; print less …]\ncc");
  }

  @Test
  void what_was_left_out_before_counts_too() {
    assertThat(Clip.of("aaaabbbbcc", 100, 6, "")).contains("[… 94 of 100 characters");
  }

  @Test
  void no_character_is_cut_in_two() {
    String text = "😀".repeat(10);
    for (int most = 1; most < text.length(); most++) {
      assertThat(Clip.of(text, most, "").codePoints()).allMatch(point -> !surrogate(point));
    }
  }

  private static boolean surrogate(int point) {
    return point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE;
  }
}
