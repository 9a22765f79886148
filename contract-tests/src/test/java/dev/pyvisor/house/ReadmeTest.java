package dev.pyvisor.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class ReadmeTest {
  private static final Pattern BLOCK =
      Pattern.compile("<!-- snippet: quickstart -->\\s*```java\\n(.*?)```", Pattern.DOTALL);
  private static final Pattern REGION =
      Pattern.compile(
          "^ *// snippet: quickstart\\n(.*?)^ *// end of snippet",
          Pattern.DOTALL | Pattern.MULTILINE);

  @Test
  void the_quick_start_is_the_compiled_example() {
    String example = Sources.text("examples/quickstart/src/main/java/quickstart/QuickStart.java");
    assertThat(only(BLOCK, Sources.text("README.md")).strip())
        .isEqualTo(only(REGION, example).stripTrailing().stripIndent().strip());
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

  private static String only(Pattern pattern, String text) {
    Matcher matcher = pattern.matcher(text);
    assertThat(matcher.find()).as("found %s", pattern).isTrue();
    return matcher.group(1);
  }
}
