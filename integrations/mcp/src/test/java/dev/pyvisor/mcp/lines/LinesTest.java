package dev.pyvisor.mcp.lines;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

/** Lines out of a stream. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class LinesTest {
  private static final String LONG = "<too long>";

  @Test
  void a_line_may_come_in_any_pieces() throws IOException {
    assertThat(read("one\ntwo\n\nthree\n", 1)).containsExactly("one", "two", "", "three");
    assertThat(read("one\ntwo\n\nthree\n", 100)).containsExactly("one", "two", "", "three");
  }

  @Test
  void one_that_is_too_long_is_told_and_the_next_one_is_read() throws IOException {
    assertThat(read("12345\n123456\n1\n", 2)).containsExactly("12345", LONG, "1");
    assertThat(read("x".repeat(300_000) + "\n1\n", 200_000)).containsExactly(LONG, "1");
  }

  @Test
  void an_unfinished_line_is_none() throws IOException {
    assertThat(read("one\ntwo", 3)).containsExactly("one");
  }

  private static List<String> read(String text, int piece) throws IOException {
    InputStream in =
        new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)) {
          @Override
          public int read(byte[] into, int from, int count) {
            return super.read(into, from, Math.min(count, piece));
          }
        };
    Lines lines = new Lines(in, 5);
    List<String> found = new ArrayList<>();
    for (Optional<Lines.Line> line = lines.next(); line.isPresent(); line = lines.next()) {
      found.add(
          line.get().tooLong() ? LONG : new String(line.get().bytes(), StandardCharsets.UTF_8));
    }
    return found;
  }
}
