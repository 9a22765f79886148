package dev.pyvisor.house;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.contract.Rule;
import dev.pyvisor.log.LogEvent;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** docs/diagnostics.md lists the events that a debug log can have. */
class DiagnosticsPageTest {
  private static final Pattern TABLE = Pattern.compile("<!-- table:events -->\\n((?:\\|.*\\n)+)");
  private static final Pattern ROW = Pattern.compile("\\| `([a-z_.]+)` \\|.*");

  @Test
  @Rule("C133")
  void the_table_of_events_is_the_enumeration() {
    Matcher table = TABLE.matcher(Sources.text("docs/diagnostics.md"));
    assertThat(table.find()).isTrue();
    List<String> listed =
        table
            .group(1)
            .lines()
            .map(ROW::matcher)
            .filter(Matcher::matches)
            .map(row -> row.group(1))
            .toList();
    assertThat(listed)
        .containsExactlyElementsOf(Arrays.stream(LogEvent.values()).map(LogEvent::word).toList());
  }
}
