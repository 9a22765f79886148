package dev.pyvisor.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** docs/CONCURRENCY.md and the roster list the same threads. */
class ThreadTableTest {
  private static final String MARK = "<!-- table:threads -->";
  private static final Pattern JOB = Pattern.compile("\\| `([a-z-]+)` \\|.*");

  @Test
  void the_table_of_threads_lists_the_jobs_of_the_roster() throws IOException {
    assertThat(table()).isEqualTo(Arrays.stream(ThreadJob.values()).map(ThreadJob::word).toList());
  }

  @Test
  void each_thread_says_what_it_may_block_on() throws IOException {
    assertThat(rows()).allMatch(row -> row.split("\\|").length == 5, "has four filled columns");
  }

  private static List<String> table() throws IOException {
    return rows().stream()
        .map(JOB::matcher)
        .filter(Matcher::matches)
        .map(matcher -> matcher.group(1))
        .toList();
  }

  private static List<String> rows() throws IOException {
    Path file = Path.of(System.getProperty("pyvisor.root"), "docs", "CONCURRENCY.md");
    String text = Files.readString(file, StandardCharsets.UTF_8);
    return text.substring(text.indexOf(MARK) + MARK.length())
        .stripLeading()
        .lines()
        .takeWhile(line -> line.startsWith("|"))
        .filter(line -> JOB.matcher(line).matches())
        .toList();
  }
}
