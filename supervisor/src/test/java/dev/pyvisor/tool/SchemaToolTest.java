package dev.pyvisor.tool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Tools whose parameters a JSON schema declares. */
class SchemaToolTest {
  private static final String FLIGHTS =
      """
      {"type": "object",
       "properties": {
         "max-stops": {"type": "integer", "default": 1, "description": "at most"},
         "from": {"type": "string"},
         "via": {"type": ["string", "null"]},
         "$defs!": {"$ref": "#/$defs/x"}},
       "required": ["from"],
       "$defs": {"x": {"type": "object"}}}""";

  private static final Tool TOOL = schema(FLIGHTS);

  private static Tool schema(String json) {
    return Tool.named("find").schema(json).handler((arguments, context) -> arguments.json());
  }

  private static String bound(List<@Nullable Object> positional, Map<String, Object> named) {
    return TOOL.bind(positional, named).json();
  }

  @Test
  void what_must_be_given_comes_first_and_every_name_can_be_written() {
    assertThat(TOOL.parameters())
        .extracting(ToolParameter::name)
        .containsExactly("from_", "max_stops", "via", "_defs_");
    assertThat(TOOL.parameters())
        .extracting(ToolParameter::required)
        .containsExactly(true, false, false, false);
    assertThat(TOOL.parameters().get(0).description()).isEqualTo("(the host's from)");
    assertThat(TOOL.parameters().get(1).description()).isEqualTo("at most (the host's max-stops)");
    assertThat(TOOL.parameters().get(1).defaultJson()).contains("1");
    assertThat(TOOL.wireForm().at("/parameters/2").toString())
        .isEqualTo(
            "{\"name\":\"via\",\"required\":false,\"schema\":{\"type\":[\"string\",\"null\"]}}");
  }

  @Test
  void the_schema_stays_as_it_was_given() {
    assertThat(TOOL.schemaJson()).isEqualToIgnoringWhitespace(FLIGHTS);
  }

  @Test
  void the_tool_gets_the_names_of_the_schema_and_nothing_for_what_was_left_out() {
    assertThat(bound(List.of("BER"), Map.of())).isEqualTo("{\"from\":\"BER\"}");
    assertThat(bound(List.of(), Map.of("max_stops", 0L, "from_", "BER")))
        .isEqualTo("{\"from\":\"BER\",\"max-stops\":0}");
    assertThat(bound(List.of("BER", 2L, "CDG", Map.of("a", 1L)), Map.of()))
        .isEqualTo("{\"from\":\"BER\",\"max-stops\":2,\"via\":\"CDG\",\"$defs!\":{\"a\":1}}");
  }

  @Test
  void none_is_given_only_where_the_schema_takes_it_and_left_out_elsewhere() {
    assertThat(bound(Arrays.asList("BER", null, null, null), Map.of()))
        .isEqualTo("{\"from\":\"BER\",\"via\":null}");
    assertThat(bound(Collections.singletonList(null), Map.of()))
        .as("what must be given is for the tool to refuse")
        .isEqualTo("{\"from\":null}");
  }

  @Test
  void what_is_missing_unknown_or_given_twice_is_refused() {
    assertThatThrownBy(() -> bound(List.of(), Map.of()))
        .hasMessage("find(): argument from_ is missing");
    assertThatThrownBy(() -> bound(List.of("a"), Map.of("from", "b")))
        .hasMessageContaining("find() has no argument from; it has from_, max_stops, via, _defs_");
    assertThatThrownBy(() -> bound(List.of("a"), Map.of("from_", "b")))
        .hasMessageContaining("twice");
  }

  @Test
  void what_is_no_schema_of_arguments_is_refused_with_what_is_wrong() {
    for (Map.Entry<String, String> odd :
        Map.of(
                "{", "the schema is not JSON",
                "[]", "the schema has to be one of an object",
                "{\"type\": \"string\"}", "the schema has to be one of an object",
                "{\"properties\": 7}", "the schema has to be one of an object",
                "{\"required\": \"x\"}", "'required' of the schema has to be a list of names",
                "{\"required\": [\"x\"]}", "the schema requires [x], which are none of",
                "{\"properties\": {\"a-b\": {}, \"a.b\": {}}}",
                    "the properties 'a-b' and 'a.b' would both be a_b in Python")
            .entrySet()) {
      assertThatThrownBy(() -> schema(odd.getKey()))
          .as(odd.getKey())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("find(): " + odd.getValue());
    }
    assertThat(schema("{}").parameters()).isEmpty();
  }

  @Test
  void a_schema_declares_all_parameters_or_none() {
    assertThatThrownBy(() -> Tool.named("t").parameter("a", int.class, "").schema("{}"))
        .hasMessageContaining("a schema declares all parameters");
    Tool.Builder other = Tool.named("t").schema("{}").parameter("a", int.class, "");
    assertThatThrownBy(() -> other.handler((arguments, context) -> null))
        .hasMessageContaining("a schema declares all parameters");
  }

  @Test
  void the_nearest_name_can_always_be_written() {
    Map.of(
            "get-weather",
            "get_weather",
            "weather.get/now",
            "weather_get_now",
            "2fast",
            "_2fast",
            "class",
            "class_",
            "",
            "_",
            "__init__",
            "_init__",
            "____",
            "_",
            "größe",
            "gr__e",
            "x".repeat(200),
            "x".repeat(100))
        .forEach(
            (name, near) -> {
              assertThat(Tool.nearestName(name)).isEqualTo(near);
              assertThat(Tool.of(near, (arguments, context) -> null).name()).isEqualTo(near);
            });
  }
}
