package dev.pyvisor.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.pyvisor.Defaults;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Documents, and what people and YAML put into them. */
@Timeout(20)
class ConfigDocumentTest {
  private static final String YAML_TEXT =
      """
      # An agent's place to work.
      backend: memory
      python: "python3.11"
      cell-timeout: 1.5s
      tool-timeout: none
      tool-threads: 8
      restart: false
      preload: [numpy, "a.b"]
      inherit-environment:
        - HOME
        - LANG
      environment:
        PORT: 08080
        DEBUG: no
        RATIO: 1.10
        GREETING: grüß dich
      elsewhere:
        address: there
      """;

  private static final String JSON_TEXT =
      """
      {
        "backend": "memory",
        "python": "python3.11",
        "cell-timeout": "1500ms",
        "tool-timeout": "none",
        "tool-threads": 8,
        "restart": false,
        "preload": ["numpy", "a.b"],
        "inherit-environment": "HOME, LANG",
        "environment": {"PORT": "08080", "DEBUG": "no", "RATIO": 1.10},
        "environment.GREETING": "grüß dich",
        "elsewhere.address": "there"
      }
      """;

  @TempDir Path scratch;

  @Test
  void yaml_and_json_that_say_the_same_are_equal() {
    Configuration yaml = yaml(YAML_TEXT);
    Configuration json = json(JSON_TEXT);

    assertThat(yaml).isEqualTo(json).hasSameHashCodeAs(json);
    assertThat(yaml)
        .isEqualTo(
            Configuration.empty()
                .with(
                    "backend=memory",
                    "python=python3.11",
                    "cell-timeout=1.5s",
                    "tool-timeout=none",
                    "tool-threads=8",
                    "restart=false",
                    "preload=numpy,a.b",
                    "inherit-environment=HOME,LANG",
                    "environment.PORT=08080",
                    "environment.DEBUG=no",
                    "environment.RATIO=1.10",
                    "environment.GREETING=grüß dich",
                    "elsewhere.address=there"));
  }

  @Test
  void each_value_knows_its_line() {
    assertThat(places(yaml(YAML_TEXT)))
        .contains("agent.yaml line 2", "agent.yaml line 4", "agent.yaml line 13")
        .doesNotContain("agent.yaml line 1", "agent.yaml line 12");
    assertThat(places(json(JSON_TEXT))).contains("agent.json line 2", "agent.json line 11");
  }

  @Test
  void all_errors_of_a_document_are_told_at_once_with_place_key_value_and_fix() {
    assertThat(problems("cell-timeout: 5 parsecs\ncel-timeout: 2s\n\nrestart: no\npreload: 7 up"))
        .containsExactly(
            "agent.yaml line 1: cell-timeout: '5 parsecs' is no duration; write 500ms, 2s, 1.5s or"
                + " 5m, or none",
            "agent.yaml line 2: unknown key 'cel-timeout'; did you mean 'cell-timeout'?",
            "agent.yaml line 4: restart: 'no' is neither true nor false; write false",
            "agent.yaml line 5: preload: preload needs names of Python modules such as 'numpy',"
                + " not '7 up'");
  }

  @Test
  void a_key_that_is_there_twice_is_refused_however_it_is_written() {
    assertThat(problems("restart: true\npython: a\nrestart: true"))
        .containsExactly(
            "agent.yaml line 3: 'restart' is there twice, first in agent.yaml line 1; keep one");
    assertThat(problems("environment: {A: a}\nenvironment.A: a"))
        .containsExactly(
            "agent.yaml line 2: 'environment.A' is there twice, first in agent.yaml line 1; keep"
                + " one");
    assertThat(problems("environment: {A: a}\nenvironment: {B: b}")).hasSize(1);
    assertThat(jsonProblems("{\"restart\": true,\n \"restart\": true}")).hasSize(1);
    assertThat(problems("restart: perhaps\nrestart: true")).hasSize(2);
  }

  @Test
  void wrong_nesting_is_told() {
    assertThat(problems("cell:\n  timeout: 2s"))
        .containsExactly(
            "agent.yaml line 2: unknown key 'cell.timeout'; did you mean 'cell-timeout'?");
    assertThat(problems("cell-timeout:\n  seconds: 2"))
        .containsExactly("agent.yaml line 1: cell-timeout: a map is no duration, or none");
    assertThat(problems("python: [a, b]"))
        .containsExactly("agent.yaml line 1: python: a list is no path");
    assertThat(problems("environment: API_KEY"))
        .containsExactly(
            "agent.yaml line 1: 'environment' takes a map of names and values, or write"
                + " environment.NAME");
    assertThat(problems("environment: {A: {B: c}}"))
        .containsExactly("agent.yaml line 1: environment.A: a map is no text");
    assertThat(problems("preload: [[numpy]]")).hasSize(1).first().asString().contains("an item");
    assertThat(problems("preload: [null]")).hasSize(1);
    assertThat(problems("nonesuch: {}")).hasSize(1).first().asString().contains("'nonesuch'");
    assertThat(problems("- backend: pipe")).first().asString().contains("a map of keys");
    assertThat(problems("just words")).first().asString().contains("a map of keys");
    assertThat(yaml("environment: {}\nelsewhere: {}")).isEqualTo(Configuration.empty());
  }

  @Test
  void a_key_without_a_value_is_refused() {
    for (String nothing : List.of("", "null")) {
      assertThat(problems("python: " + nothing))
          .containsExactly(
              "agent.yaml line 1: python: has no value; leave the key out for its default");
    }
    assertThat(jsonProblems("{\"python\": null}")).hasSize(1);
  }

  @Test
  void yamls_ideas_of_numbers_and_truth_play_no_part() {
    assertThat(yaml("environment: {A: on, B: 0o17, C: 1_000, D: 1:30, E: .inf, F: 2026-01-01}"))
        .isEqualTo(
            Configuration.empty()
                .with(
                    "environment.A=on",
                    "environment.B=0o17",
                    "environment.C=1_000",
                    "environment.D=1:30",
                    "environment.E=.inf",
                    "environment.F=2026-01-01"));
    assertThat(yaml("environment: {1: a, on: b, null: c, 1.50: d}"))
        .isEqualTo(
            Configuration.empty()
                .with(
                    "environment.1=a",
                    "environment.on=b",
                    "environment.null=c",
                    "environment.1.50=d"));
    assertThat(problems("1: a\ntrue: b"))
        .hasSize(2)
        .first()
        .asString()
        .startsWith("agent.yaml line 1: unknown key '1'");
    assertThat(problems("tool-threads: 1_000")).first().asString().contains("'1_000' is no whole");
    assertThat(problems("trusted: on")).first().asString().contains("'on' is neither true nor");
  }

  @Test
  void a_text_over_several_lines_is_one_value() {
    assertThat(yaml("environment:\n  A: |\n    one\n    two\n  B: >-\n    one\n    two\n"))
        .isEqualTo(Configuration.empty().with("environment.A=one\ntwo\n", "environment.B=one two"));
  }

  @Test
  void references_and_types_are_seen_and_not_followed() {
    assertThat(problems("python: &p python3\npayload: *p"))
        .containsExactly(
            "agent.yaml line 2: payload: an alias is not read; write the value itself");
    assertThat(problems("environment: &e {A: a}\nelsewhere: *e")).hasSize(1);
    assertThat(problems("preload: [&m numpy, *m]")).hasSize(1);
    assertThat(problems("environment:\n  <<: *base")).hasSize(1);
    assertThat(problems("python: !!str python3"))
        .containsExactly("agent.yaml line 1: python: a tag is not read; write the value itself");
    assertThat(problems("python: !java.io.File /etc/passwd")).hasSize(1);
    StringBuilder laughs = new StringBuilder("a0: &a0 [lol]\n");
    for (int i = 1; i < 40; i++) {
      String line = String.format("a%d: &a%d [*a%d,*a%d,*a%d]\n", i, i, i - 1, i - 1, i - 1);
      laughs.append(line);
    }
    assertThat(problems(laughs.toString())).hasSize(Defaults.CONFIGURATION_PROBLEMS + 1);
  }

  @Test
  void one_document_is_read() {
    assertThat(yaml("---\nrestart: false\n...\n"))
        .isEqualTo(Configuration.empty().with("restart=false"));
    assertThat(problems("restart: false\n---\nrestart: true"))
        .hasSize(1)
        .first()
        .asString()
        .contains("another document begins");
    assertThat(jsonProblems("{\"restart\": false} {}")).hasSize(1);
    assertThat(jsonProblems("{\"restart\": false} x")).hasSize(1);
  }

  @Test
  void a_document_without_anything_in_it_sets_nothing() {
    for (String nothing : List.of("", "# only a comment\n", "---\n", "{}", "null")) {
      assertThat(yaml(nothing)).as(nothing).isEqualTo(Configuration.empty());
    }
    assertThat(json("{}")).isEqualTo(Configuration.empty());
    assertThat(jsonProblems(""))
        .containsExactly("agent.json line 1: a map of keys and values is needed, in JSON {...}");
  }

  @Test
  void a_document_that_cannot_be_read_is_told_by_its_line_and_never_quoted() {
    assertThat(problems("restart: true\n\tpython: s3cret"))
        .containsExactly("agent.yaml line 2: has a tab in its indentation; write spaces");
    assertThat(problems("environment:\n  A: 'the s3cret\n")).hasSize(1);
    assertThat(problems("restart: true\npython: a: s3cret"))
        .containsExactly(
            "agent.yaml line 2: is no YAML from here on; look at the indentation, the quotes and"
                + " the space behind a colon");
    assertThat(problems("environment: {A: *s3cret, B: @s3cret}")).isNotEmpty();
    assertThat(problems("[a, b]: s3cret")).hasSize(1);
    assertThat(problems("restart: \0")).hasSize(1);
    assertThat(jsonProblems("{\n  \"restart\": s3cret\n}"))
        .containsExactly(
            "agent.json line 2: is no JSON from here on; look for a missing quote, comma or"
                + " bracket");
    assertThat(jsonProblems("{\"restart\": true")).hasSize(1);
    assertThat(jsonProblems("{\"restart\": true,}")).hasSize(1);
    assertThat(jsonProblems("{\"environment\": {\"A\": \"s3cret}}")).hasSize(1);
  }

  @Test
  void errors_before_a_malformed_line_are_told_with_it() {
    assertThat(problems("nonesuch: 1\nrestart: 'open"))
        .hasSize(2)
        .first()
        .asString()
        .contains("'nonesuch'");
  }

  @Test
  void depth_size_and_number_of_errors_are_bounded() {
    assertThat(problems("python: " + "[".repeat(100_000)))
        .hasSize(1)
        .first()
        .asString()
        .contains("is nested deeper");
    assertThat(jsonProblems("{\"python\": " + "[".repeat(100_000)))
        .first()
        .asString()
        .contains("is nested deeper");
    assertThat(jsonProblems("{\"tool-threads\": " + "1".repeat(100_000) + "}")).hasSize(1);
    assertThat(problems("python: 'a'\n#" + "x".repeat(Defaults.CONFIGURATION_BYTES)))
        .containsExactly(
            "agent.yaml: is larger than 1024 KiB, which no configuration is; name the right file");
    StringBuilder many = new StringBuilder();
    for (int i = 0; many.length() < Defaults.CONFIGURATION_BYTES - 100; i++) {
      many.append("wrong").append(i).append(": 1\n");
    }
    List<String> told = problems(many.toString());
    assertThat(told).hasSize(Defaults.CONFIGURATION_PROBLEMS + 1);
    assertThat(told.get(Defaults.CONFIGURATION_PROBLEMS)).contains("reading stopped here");
    assertThat(problems("k" + "x".repeat(500_000) + ": 1"))
        .allMatch(one -> one.length() <= Defaults.CONFIGURATION_PROBLEM + 1);
  }

  @Test
  void a_large_document_that_is_right_is_read() {
    StringBuilder many = new StringBuilder("environment:\n");
    for (int i = 0; many.length() < Defaults.CONFIGURATION_BYTES / 4; i++) {
      many.append("  V").append(i).append(": value\n");
    }
    assertThat(yaml(many.toString()).settings()).hasSizeGreaterThan(10_000);
  }

  @Test
  void control_characters_of_a_document_stay_out_of_the_message() {
    assertThat(jsonProblems("{\"\\u001b[31mred\\n\": \"1\", \"restart\": \"\\u0007\"}"))
        .hasSize(2)
        .allMatch(one -> one.chars().noneMatch(Character::isISOControl))
        .first()
        .asString()
        .contains("\\u001b[31mred\\u000a");
  }

  @Test
  void a_file_is_read_by_the_ending_of_its_name() throws Exception {
    for (String name : List.of("agent.yaml", "agent.yml", "AGENT.YAML")) {
      Path file = Files.writeString(scratch.resolve(name), "\uFEFFrestart: false\n");
      assertThat(Configuration.load(file).settings().get(0).origin().place())
          .isEqualTo(file + " line 1");
    }
    Path json = Files.writeString(scratch.resolve("agent.json"), "{\"restart\": false}");
    assertThat(Configuration.load(json)).isEqualTo(Configuration.empty().with("restart=false"));
    Path other = Files.writeString(scratch.resolve("agent.toml"), "restart = false");
    assertUnreadable(other, "name it .yaml, .yml or .json");
  }

  @Test
  void a_file_that_cannot_be_read_is_told_by_its_name_and_reason() throws Exception {
    assertUnreadable(scratch.resolve("none.yaml"), "there is no such file");
    assertUnreadable(Files.createDirectory(scratch.resolve("folder.yaml")), "is a directory");
    Path latin = scratch.resolve("latin.yaml");
    Files.write(latin, "python: gr\u00fc\u00df".getBytes(StandardCharsets.ISO_8859_1));
    assertUnreadable(latin, "is not written in UTF-8");
    Path huge = scratch.resolve("huge.json");
    Files.write(huge, new byte[Defaults.CONFIGURATION_BYTES + 1]);
    assertUnreadable(huge, "is larger than 1024 KiB");
  }

  private static void assertUnreadable(Path file, String why) {
    assertThatThrownBy(() -> Configuration.load(file))
        .isInstanceOf(ConfigurationException.class)
        .hasMessage(file + ": " + why + rest(file, why));
  }

  private static String rest(Path file, String why) {
    ConfigurationException refused =
        catchThrowableOfType(ConfigurationException.class, () -> Configuration.load(file));
    String start = file + ": " + why;
    assertThat(refused).hasMessageStartingWith(start);
    return refused.problems().get(0).substring(start.length());
  }

  private static Configuration yaml(String text) {
    return Configuration.parse(text, ConfigFormat.YAML, "agent.yaml");
  }

  private static Configuration json(String text) {
    return Configuration.parse(text, ConfigFormat.JSON, "agent.json");
  }

  private static List<String> problems(String text) {
    return problems(text, ConfigFormat.YAML, "agent.yaml");
  }

  private static List<String> jsonProblems(String text) {
    return problems(text, ConfigFormat.JSON, "agent.json");
  }

  private static List<String> problems(String text, ConfigFormat format, String source) {
    long start = System.nanoTime();
    ConfigurationException refused =
        catchThrowableOfType(
            ConfigurationException.class, () -> Configuration.parse(text, format, source));
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
    assertThat(refused).as("a refusal").isNotNull().hasMessageNotContaining("s3cret");
    return refused.problems();
  }

  private static List<String> places(Configuration configuration) {
    return configuration.settings().stream().map(one -> one.origin().place()).toList();
  }
}
