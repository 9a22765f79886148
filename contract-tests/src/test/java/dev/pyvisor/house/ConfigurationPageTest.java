package dev.pyvisor.house;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.config.ConfigKey;
import dev.pyvisor.config.Configuration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** docs/configuration.md says what the registry of keys says. */
class ConfigurationPageTest {
  private static final String PAGE = "docs/configuration.md";
  private static final Pattern TABLE = Pattern.compile("<!-- table:keys -->\\n((?:\\|.*\\n)+)");
  private static final Pattern VARIABLE = Pattern.compile("\\bPYVISOR_[A-Z_]*[A-Z]\\b");

  @Test
  void the_table_of_keys_is_the_registry() {
    Matcher table = TABLE.matcher(Sources.text(PAGE));
    assertThat(table.find()).isTrue();
    // A row that is missing can be copied from this test's report.
    assertThat(table.group(1)).isEqualTo(expected());
  }

  @Test
  void every_variable_of_ours_in_the_sources_is_a_key_or_on_the_page_as_none() {
    Set<String> keys =
        ConfigKey.all().stream().map(ConfigKey::environmentVariable).collect(Collectors.toSet());
    Set<String> found = new TreeSet<>(variables(Sources.text("pyvisor")));
    // What the whole build is given, every test's process gets.
    found.addAll(variables(Sources.text(".ci/run")));
    for (String ending : List.of(".java", ".py")) {
      Sources.files(ending).stream()
          .filter(file -> isSource(Sources.relative(file)))
          .forEach(file -> found.addAll(variables(Sources.read(file))));
    }
    found.removeAll(keys);
    assertThat(found).contains("PYVISOR_RUNNER", "PYVISOR_JAVA_OPTS", "PYVISOR_CLIENTS");
    String page = Sources.text(PAGE);
    assertThat(found).allSatisfy(name -> assertThat(page).contains("`" + name + "`"));
    // And each of them is left alone.
    found.forEach(
        name ->
            assertThat(Configuration.empty().withEnvironment(Map.of(name, "x")))
                .isEqualTo(Configuration.empty()));
  }

  private static Set<String> variables(String text) {
    return VARIABLE.matcher(text).results().map(MatchResult::group).collect(Collectors.toSet());
  }

  private static boolean isSource(String file) {
    return file.startsWith("runner/src/")
        || file.startsWith("runner/tests/")
        || file.contains("/src/main/");
  }

  @Test
  void the_example_names_its_backend_in_one_line() {
    String example = Sources.text("examples/backends/agent.yaml");
    assertThat(example.lines().filter(line -> line.startsWith("backend: "))).hasSize(1);
  }

  private static String expected() {
    StringBuilder rows =
        new StringBuilder("| key | value | default | meaning | builder |\n")
            .append("| --- | --- | --- | --- | --- |\n");
    for (ConfigKey key : ConfigKey.all()) {
      String calls = key.builder().replaceAll("\\b(\\w+\\([^)]*\\))", "`$1`");
      rows.append(
          String.format(
              "| `%s` | %s | %s | %s | %s |%n",
              key.name(), key.type(), key.standard(), key.meaning(), calls));
    }
    return rows.toString();
  }
}
