package dev.pyvisor.outcome;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The end of what a cell wrote, whether it is kept in one part or in two. */
class OutputTest {
  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void the_end_of_what_is_kept_in_one_part_is_its_end() {
    Output output = new Output(bytes("abcdef"), bytes(""), 6, null);
    assertThat(output.end(2)).isEqualTo("ef");
    assertThat(output.end(6)).isEqualTo("abcdef");
    assertThat(output.end(7)).isEqualTo("abcdef");
    assertThat(Output.empty().end(3)).isEmpty();
  }

  @Test
  void the_end_of_what_is_kept_in_two_parts_goes_on_in_the_first() {
    Output output = new Output(bytes("abc"), bytes("def"), 6, null);
    assertThat(output.end(2)).isEqualTo("ef");
    assertThat(output.end(4)).isEqualTo("cdef");
    assertThat(output.end(9)).isEqualTo("abcdef");
  }

  @Test
  void where_the_middle_is_left_out_it_ends_there() {
    Output output = new Output(bytes("abc"), bytes("xyz"), 100, Path.of("all"));
    assertThat(output.end(2)).isEqualTo("yz");
    assertThat(output.end(5)).isEqualTo("xyz");
  }
}
