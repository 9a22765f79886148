package dev.pyvisor.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.UncheckedIOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * The deprecated backend can be taken away: docs/STDIO.md names every file and every line of it,
 * and what is shown on it alone is of its dialect. {@code .ci/without-stdio} does it and builds the
 * rest.
 */
class StdioRemovalTest {
  /** What nobody says who does not mean the backend. */
  private static final Pattern MENTION =
      Pattern.compile(
          "(?i)(?<!\\w)stdio(?!\\w)|transport-stdio|legacy_supervisor|_runner\\.legacy");

  /** The buffered streams of C. */
  private static final String OF_C = "C's buffered stdio";

  /** A file of the TypeScript client of MCP. */
  private static final String OF_MCP = "sdk/client/stdio.js";

  private static final Pattern DIALECT =
      Pattern.compile("<!-- table:dialect -->\\n((?:\\|.*\\n)+)");

  private final Removal removal = new Removal(Sources.text("docs/STDIO.md"));

  @Test
  void every_line_that_mentions_the_backend_is_in_the_list() {
    List<String> left = new ArrayList<>();
    forEachText(
        (file, text) -> {
          if (!removal.goes(file) && !isRecord(file)) {
            List<String> lines =
                removal.marked().contains(file) ? Removal.without(text) : text.lines().toList();
            lines.stream()
                .filter(line -> MENTION.matcher(line.replace(OF_C, "").replace(OF_MCP, "")).find())
                .forEach(line -> left.add(file + ": " + line.strip()));
          }
        });
    assertThat(left).as("lines that would be left; mark them with " + Removal.MARK).isEmpty();
  }

  @Test
  void what_is_in_the_list_is_there() {
    Set<String> files = new TreeSet<>();
    Set<String> marked = new TreeSet<>();
    forEachText(
        (file, text) -> {
          files.add(file);
          if (text.contains(Removal.MARK) && !removal.goes(file)) {
            marked.add(file);
          }
        });
    assertThat(marked).as("files with marked lines").isEqualTo(removal.marked());
    assertThat(removal.deleted())
        .allSatisfy(
            pattern ->
                assertThat(files).as(pattern).anyMatch(file -> Removal.matches(pattern, file)));
  }

  @Test
  void what_only_the_backends_tests_show_is_of_its_dialect_and_the_dialect_is_shown_by_them_only() {
    Set<String> dialect = dialect();
    Set<String> only = new TreeSet<>();
    for (Map.Entry<String, Set<String>> rule : Specification.tested().entrySet()) {
      boolean stays = rule.getValue().stream().anyMatch(file -> !removal.goes(file));
      if (!stays) {
        only.add(rule.getKey());
      }
    }
    assertThat(dialect).contains("C4", "C105", "C107");
    only.retainAll(Specification.binding());
    assertThat(dialect).as("ids of the dialect").isEqualTo(only);
  }

  @Test
  void a_line_that_is_not_marked_is_found_and_a_marked_one_is_not() {
    List<String> left =
        Removal.without(
            """
            reaches stdio
            reaches stdio // stdio-backend
            <!-- stdio-backend: begin -->
            pyvisor-transport-stdio
            <!-- stdio-backend: end -->
            from _runner.legacy_stdio import main
            by_stdio(fd)
            """);
    assertThat(left.stream().filter(line -> MENTION.matcher(line).find()))
        .containsExactly("reaches stdio", "from _runner.legacy_stdio import main");
    assertThat(left).contains("by_stdio(fd)").hasSize(3);
  }

  /** What was measured on a day stays as it was. */
  private static boolean isRecord(String file) {
    return file.equals("docs/evidence.md") || file.startsWith("docs/evidence/");
  }

  private static Set<String> dialect() {
    java.util.regex.Matcher table = DIALECT.matcher(Sources.text("contract-tests/README.md"));
    assertThat(table.find()).as("a table of the dialect").isTrue();
    Set<String> ids = new TreeSet<>();
    table
        .group(1)
        .lines()
        .map(line -> line.split("\\|")[1].strip())
        .filter(id -> id.matches("[A-Z]\\d+[a-z]?"))
        .forEach(ids::add);
    return ids;
  }

  /** Takes a file and its text. */
  private interface Reading {
    void read(String file, String text);
  }

  private static void forEachText(Reading reading) {
    for (Path file : Sources.files("")) {
      String text;
      try {
        text = Sources.read(file);
      } catch (UncheckedIOException noText) {
        assertThat(noText).hasCauseInstanceOf(MalformedInputException.class);
        continue;
      }
      reading.read(Sources.relative(file), text);
    }
  }
}
