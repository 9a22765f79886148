package dev.pyvisor.tool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.wire.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ToolStubsTest {
  private static final Pattern ROW = Pattern.compile("(?m)^\\| `(.*)` \\| `(.*)` \\|$");

  record Point(double x, double y) {}

  private static final ToolFunction NOTHING = (arguments, context) -> null;

  @Test
  void each_row_of_the_table_is_the_hint_of_its_schema() throws Exception {
    String page = Files.readString(Path.of(System.getProperty("pyvisor.root"), "docs", "tools.md"));
    String table = page.substring(page.indexOf("<!-- table:hints -->"));
    List<String> rows = new ArrayList<>();
    ROW.matcher(table.substring(0, table.indexOf("\n\n")))
        .results()
        .forEach(
            row -> {
              rows.add(row.group(1));
              assertThat(Hints.of(Json.MAPPER.readTree(row.group(1))))
                  .as(row.group(1))
                  .isEqualTo(row.group(2));
            });
    assertThat(rows).hasSizeGreaterThan(20);
  }

  @Test
  void a_stub_is_what_python_says_of_the_function() {
    Tool tool =
        Tool.named("move")
            .description("Moves it.\nCarefully.")
            .optional("by", int.class, 1, "steps")
            .parameter("to", Point.class, "where")
            .optional("note", String.class, null, "")
            .handler(NOTHING);
    assertThat(ToolStubs.of(tool))
        .isEqualTo(
            """
            async def move(by: int = 1, *, to: dict, note: str = None):
                \"""Moves it.
                Carefully.

                Parameters:
                    by: steps
                    to (dict with x (float), y (float)): where
                \"""
            """);
    assertThat(ToolStubs.of(Tool.of("any", NOTHING)))
        .isEqualTo("async def any(*args, **kwargs):\n    \"\"\"A tool of the host.\"\"\"\n");
  }

  @Test
  void no_description_ends_the_docstring() {
    Tool hostile =
        Tool.named("t")
            .description("\"\"\"\nimport os")
            .parameter("a", Object.class, "one\n\"\"\" two \\")
            .handler(NOTHING);
    assertThat(ToolStubs.of(hostile).replaceFirst("\"\"\"", "").replaceFirst("\"\"\"\n$", ""))
        .doesNotContain("\"\"\"")
        .contains("one ''' two \\\\");
  }

  @Test
  void defaults_are_written_as_in_python() {
    Tool tool =
        Tool.named("t")
            .schema(
                """
                {"properties": {"a": {"default": true}, "b": {"default": ["x", null, "it's"]},
                 "c": {"default": {"k": 1.5}}, "d": {"type": "string"}}}""")
            .handler(NOTHING);
    assertThat(ToolStubs.of(tool))
        .startsWith("async def t(a=True, b=['x', None, \"it's\"], c={'k': 1.5}, d: str = None):\n");
  }

  @Test
  void a_search_finds_those_with_most_of_the_words_and_ten_at_most() {
    List<Tool> tools = new ArrayList<>();
    IntStream.range(0, 300)
        .forEach(
            n -> tools.add(Tool.named("list_things_" + n).description("Some.").handler(NOTHING)));
    tools.add(Tool.named("mail_send").description("Sends a letter.").handler(NOTHING));
    tools.add(Tool.named("post").description("Sends mail, slowly.").handler(NOTHING));
    Tool search = ToolStubs.search("search_tools", tools);
    assertThat(found(search, "Send MAIL!"))
        .startsWith("async def mail_send(")
        .contains("async def post(")
        .doesNotContain("list_things");
    assertThat(found(search, "things").lines().filter(line -> line.startsWith("async def ")))
        .hasSize(10);
    assertThat(found(search, "%"))
        .isEqualTo("no function of 302 has any of these words; try others");
  }

  private static String found(Tool search, String words) {
    String params = "{\"args\":[\"" + words + "\"],\"kwargs\":{}}";
    return String.valueOf(Calls.of(search).result("search_tools", params));
  }
}
