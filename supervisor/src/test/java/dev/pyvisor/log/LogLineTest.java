package dev.pyvisor.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Defaults;
import dev.pyvisor.testing.Rule;
import dev.pyvisor.wire.Json;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** One line of the log: whole, bounded and without secrets, whatever was told. */
class LogLineTest {
  private static final Instant TIME = Instant.parse("2026-01-02T03:04:05Z");

  private static String line(Consumer<Facts> told) {
    return line(0, told);
  }

  private static String line(long dropped, Consumer<Facts> told) {
    Facts facts = new Facts();
    told.accept(facts);
    byte[] bytes = new LogLine(TIME, LogEvent.TOOL_START, facts, dropped).bytes(Secrets.UNKNOWN);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static JsonNode arguments(JsonNode given) {
    return Json.MAPPER.readTree(line(facts -> facts.put("arguments", given, 0))).get("arguments");
  }

  @Test
  @Rule("C128")
  void time_and_event_come_first() {
    assertThat(line(facts -> facts.put("tool", "add").put("cell", 3).put("ok", true)))
        .isEqualTo(
            "{\"time\":\"2026-01-02T03:04:05.000Z\",\"event\":\"tool.start\","
                + "\"tool\":\"add\",\"cell\":3,\"ok\":true}\n");
  }

  @Test
  @Rule("C132")
  void of_code_there_is_length_and_the_beginning_of_its_hash() {
    String line = line(facts -> facts.code("print('hi')".getBytes(StandardCharsets.UTF_8)));
    assertThat(line)
        .endsWith("\"code_bytes\":11,\"code_sha256\":\"c2d0a5e0790d97a0\"}\n")
        .doesNotContain("print");
  }

  @Test
  @Rule("C134")
  void what_was_dropped_before_it_is_told() {
    assertThat(line(7, facts -> {})).contains(",\"dropped\":7}");
    assertThat(line(0, facts -> {})).doesNotContain("dropped");
  }

  @Test
  @Rule("C131")
  void what_is_under_a_telling_name_is_replaced_whatever_it_is() {
    JsonNode given =
        Json.MAPPER.readTree(
            """
            {"kwargs": {"Api-Key": "k1", "deep": [{"password": {"a": ["k2"]}, "n": 1}],
             "token": 4711, "credentials": null, "query": "weather"}}
            """);
    assertThat(arguments(given).toString())
        .isEqualTo(
            "{\"kwargs\":{\"Api-Key\":\"[REDACTED]\",\"deep\":[{\"password\":\"[REDACTED]\",\"n\":1}],"
                + "\"token\":\"[REDACTED]\",\"credentials\":\"[REDACTED]\",\"query\":\"weather\"}}");
  }

  @Test
  @Rule("C131")
  void secrets_are_found_in_values_and_in_names() {
    ObjectNode given = JsonNodeFactory.instance.objectNode();
    given.put("note", "use sk-abcdef123456").put("ghp_abcdef123456", 1);
    assertThat(arguments(given).toString())
        .isEqualTo("{\"note\":\"use [REDACTED]\",\"[REDACTED]\":1}");
  }

  @Test
  @Rule("C131")
  void a_secret_across_the_end_of_what_is_shown_is_known_for_one() {
    String line =
        line(
            facts ->
                facts.put("failure", "x".repeat(Defaults.LOG_TEXT - 5) + " sk-" + "s".repeat(50)));
    assertThat(line).doesNotContain("sk-").doesNotContain("sss").contains("…");
  }

  @Test
  @Rule("C129")
  void of_what_was_printed_the_end_is_shown_without_secrets() {
    String line =
        line(
            facts ->
                facts.putEnd(
                    "stdout", "first\n" + "y".repeat(9_000) + "\npassword: hunter2\nlast"));
    assertThat(line)
        .doesNotContain("first")
        .doesNotContain("hunter2")
        .contains("\\npassword: [REDACTED]\\nlast\"}");
    assertThat(line.length()).isLessThan(Defaults.LOG_PARTIAL + 200);
  }

  @Test
  @Rule("C131")
  void deep_wide_and_long_data_is_cut_with_a_mark() {
    JsonNode deep = JsonNodeFactory.instance.stringNode("bottom");
    for (int depth = 0; depth < 90; depth++) {
      deep = JsonNodeFactory.instance.arrayNode().add(deep);
    }
    assertThat(arguments(deep).toString()).contains("…").doesNotContain("bottom");

    ObjectNode wide = JsonNodeFactory.instance.objectNode();
    for (int field = 0; field < 5_000; field++) {
      wide.put("field" + field, field);
    }
    assertThat(arguments(wide).size()).isEqualTo(Defaults.LOG_ITEMS + 1);
    assertThat(arguments(wide).get("…").asString()).isEqualTo("4950 more");

    ObjectNode large = JsonNodeFactory.instance.objectNode();
    for (int field = 0; field < 40; field++) {
      large.put("field" + field, "z".repeat(100_000));
    }
    String line = line(facts -> facts.put("arguments", large, 0));
    assertThat(line.length()).isLessThan(Defaults.LOG_LINE + 2 * Defaults.LOG_TEXT);
  }

  @Test
  @Rule("C134")
  void what_is_no_text_is_a_line_all_the_same() {
    Iterator<String> odd =
        List.of("\ud800", "a\nb\r\u2028", "\0\u001b[2J", "{\"x", "\"").iterator();
    while (odd.hasNext()) {
      String line = line(facts -> facts.put("message", odd.next()));
      assertThat(line.lines()).hasSize(1);
      assertThat(line.chars().filter(c -> c < ' ')).containsExactly((int) '\n');
      assertThat(Json.MAPPER.readTree(line).get("message").isString()).isTrue();
    }
  }
}
