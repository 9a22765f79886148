package dev.pyvisor.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class ReadmeTest {
  private static final Pattern BLOCK =
      Pattern.compile("<!-- snippet: (\\S+) -->\\s*```java\\n(.*?)```", Pattern.DOTALL);
  private static final Pattern REGION =
      Pattern.compile(
          "^ *// snippet: (\\S+)\\n(.*?)^ *// end of snippet", Pattern.DOTALL | Pattern.MULTILINE);

  @Test
  void every_snippet_of_a_page_is_code_that_is_compiled_and_run() {
    Map<String, String> compiled = new TreeMap<>();
    Sources.files(".java").forEach(file -> regions(REGION, Sources.read(file), compiled));
    Map<String, String> shown = new TreeMap<>();
    Sources.files(".md").forEach(file -> regions(BLOCK, Sources.read(file), shown));
    assertThat(shown).containsKey("quickstart").isEqualTo(compiled);
  }

  @Test
  void the_table_of_defaults_says_what_the_code_says() {
    Map<String, String> stated = DefaultsTable.stated();
    assertThat(stated).isNotEmpty();
    assertThat(DefaultsTable.lines()).as("rows that name a constant").isEqualTo(stated.size() + 2L);
    stated.forEach(
        (constant, value) ->
            assertThat(value).as(constant).isEqualTo(DefaultsTable.actual(constant)));
  }

  private static void regions(Pattern pattern, String text, Map<String, String> found) {
    Matcher matcher = pattern.matcher(text);
    while (matcher.find()) {
      String code = matcher.group(2).stripTrailing().stripIndent().strip();
      assertThat(found.put(matcher.group(1), code)).as(matcher.group(1) + " before").isNull();
    }
  }
}
