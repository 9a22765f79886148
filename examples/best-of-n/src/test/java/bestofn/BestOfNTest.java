package bestofn;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class BestOfNTest {
  @Test
  void the_best_of_five_ideas_answers() throws Exception {
    ByteArrayOutputStream printed = new ByteArrayOutputStream();

    BestOfN.run(
        Path.of("../data/penguins.csv"),
        new PrintStream(printed, true, StandardCharsets.UTF_8));

    assertEquals(
        Files.readString(Path.of("expected.txt")), printed.toString(StandardCharsets.UTF_8));
  }
}
