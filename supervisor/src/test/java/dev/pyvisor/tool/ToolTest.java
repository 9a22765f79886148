package dev.pyvisor.tool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pyvisor.testing.Rule;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ToolTest {
  enum Colour {
    RED
  }

  private static final Tool PAINT =
      Tool.named("paint")
          .description("Paints.")
          .parameter("wall", int.class, "which")
          .optional("colour", Colour.class, Colour.RED, "with what")
          .optional("note", String.class, null, "")
          .handler((arguments, context) -> arguments.named());

  @Test
  void a_tool_declares_its_parameters() {
    assertThat(PAINT.name()).isEqualTo("paint");
    assertThat(PAINT.description()).isEqualTo("Paints.");
    assertThat(PAINT.parameters())
        .containsExactly(
            new ToolParameter("wall", "which", true, Optional.empty(), "{\"type\":\"integer\"}"),
            new ToolParameter(
                "colour",
                "with what",
                false,
                Optional.of("\"RED\""),
                "{\"type\":\"string\",\"enum\":[\"RED\"]}"),
            new ToolParameter("note", "", false, Optional.of("null"), "{\"type\":\"string\"}"));
    assertThat(PAINT.schemaJson()).contains("\"required\":[\"wall\"]");
  }

  @Test
  void the_wire_form_has_what_python_needs() {
    assertThat(PAINT.wireForm().toString())
        .isEqualTo(
            """
            {"name":"paint","description":"Paints.","parameters":[\
            {"name":"wall","required":true,"description":"which","schema":{"type":"integer"}},\
            {"name":"colour","required":false,"description":"with what","default":"RED",\
            "schema":{"type":"string","enum":["RED"]}},\
            {"name":"note","required":false,"default":null,"schema":{"type":"string"}}]}""");
    assertThat(Tool.of("any", (arguments, context) -> 1).wireForm().has("parameters")).isFalse();
  }

  @Test
  void arguments_are_bound_by_position_and_by_name_with_defaults() {
    assertThat(bound(List.of(1L), Map.of()).named())
        .containsEntry("wall", 1)
        .containsEntry("colour", Colour.RED)
        .containsEntry("note", null);
    ToolArguments all = bound(List.of(1L, "RED"), Map.of("note", "x"));
    assertThat(all.get("wall", int.class)).isEqualTo(1);
    assertThat(all.get("wall", Long.class)).isEqualTo(1L);
    assertThat(all.get("colour", Colour.class)).isEqualTo(Colour.RED);
    assertThat(all.find("note", String.class)).contains("x");
    assertThat(bound(List.of(1L), Map.of()).find("note", String.class)).isEmpty();
  }

  @Test
  void arguments_that_do_not_fit_are_named() {
    refused(List.of(), Map.of(), "paint(): argument wall is missing");
    refused(List.of(1L), Map.of("wall", 1L), "paint() got argument wall twice");
    refused(List.of(1L, "RED", "x", 4L), Map.of(), "paint() takes 3 arguments, not 4");
    refused(
        List.of(1L),
        Map.of("colr", "RED"),
        "paint() has no argument colr; it has wall, colour, note");
    refused(List.of("x"), Map.of(), "paint(): argument wall must be an int");
    refused(List.of(1L, "BLUE"), Map.of(), "paint(): argument colour must be one of 'RED'");
    assertThatThrownBy(() -> bound(List.of(1L), Map.of()).get("wal", int.class))
        .hasMessageContaining("argument wal is missing; there are [wall, colour, note]");
    assertThatThrownBy(() -> bound(List.of(1L), Map.of()).get("note", String.class))
        .hasMessageContaining("argument note must be a str")
        .hasMessageContaining("not None");
  }

  @Test
  void a_tool_without_parameters_told_takes_anything_as_it_was_written() {
    Tool any = Tool.of("any", (arguments, context) -> null);
    ToolArguments arguments = any.bind(List.of(1L, "x"), Map.of("k", 2.5));
    assertThat(arguments.positional()).containsExactly(1L, "x");
    assertThat(arguments.named()).isEqualTo(Map.of("k", 2.5));
    assertThat(any.schemaJson()).isEqualTo("{\"type\":\"object\"}");
  }

  @Test
  void a_tool_that_cannot_be_is_refused_at_once() {
    for (String name :
        List.of("", "a b", "1a", "a-b", "class", "None", "__name__", "x".repeat(101))) {
      assertThatThrownBy(() -> Tool.of(name, (arguments, context) -> null))
          .as(name)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("'" + name + "'");
    }
    assertThatThrownBy(() -> Tool.named("t").optional("a", int.class, "x", ""))
        .hasMessageContaining("t(): the default of a must be an int");
    assertThatThrownBy(() -> Tool.named("t").optional("a", byte[].class, new byte[1], ""))
        .hasMessageContaining("holds bytes");
    assertThatThrownBy(() -> Tool.named("t").parameter("a", Thread.class, ""))
        .hasMessageContaining("t(): parameter a is a java.lang.Thread");
  }

  private static ToolArguments bound(List<Object> positional, Map<String, Object> named) {
    return PAINT.bind(new java.util.ArrayList<>(positional), new java.util.HashMap<>(named));
  }

  private static void refused(List<Object> positional, Map<String, Object> named, String text) {
    assertThatThrownBy(() -> bound(positional, named))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(text);
  }

  @Test
  @Rule("C97d")
  void a_file_of_the_workspace_is_told_as_one_and_taken_as_a_path() {
    Tool tool =
        Tool.named("f")
            .file("file", SyncedFile.writtenBack(), "a file")
            .optionalFile("other", SyncedFile.readOnly().in(Path.of("/kept")), "")
            .handler((arguments, context) -> null);
    assertThat(tool.wireForm().path("parameters").toString())
        .isEqualTo(
            "[{\"name\":\"file\",\"required\":true,\"description\":\"a file\",\"schema\":{\"type\":\"string\",\"format\":\"path\"},\"file\":true},"
                + "{\"name\":\"other\",\"required\":false,\"default\":null,\"schema\":{\"type\":\"string\",\"format\":\"path\"},\"file\":true}]");
    assertThat(tool.syncedFiles())
        .containsExactly(
            Map.entry("file", new SyncedFile(true, Optional.empty())),
            Map.entry("other", new SyncedFile(false, Optional.of(Path.of("/kept")))));
    assertThat(tool.bind(List.of("a/b"), Map.of()).named().get("file")).isEqualTo(Path.of("a/b"));
  }

  /** Its parameter is no path. */
  public static final class Misplaced {
    @HostTool
    public void use(@Param(name = "file") @Synced String file) {}
  }

  @Test
  void a_parameter_that_is_no_path_cannot_be_a_file_of_the_workspace() {
    assertThatThrownBy(() -> Tool.fromObject(new Misplaced()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("use(): parameter file has @Synced, and is a java.lang.String");
  }
}
