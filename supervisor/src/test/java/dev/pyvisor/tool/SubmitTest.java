package dev.pyvisor.tool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pyvisor.wire.Json;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class SubmitTest {
  record Inner(short small, Optional<Inner> next) {}

  record Answer(@Param(description = "why") String reason, OptionalInt best, List<Inner> all) {}

  record Odd(Thread worker) {}

  @Test
  void a_record_is_told_as_a_schema_that_can_be_checked_by() {
    Tool tool = Tool.submit("DONE").description("Ends it.").fields(Answer.class);
    assertThat(tool.schemaJson())
        .isEqualTo(
            """
            {"type":"object","properties":{\
            "reason":{"type":"string","description":"why"},\
            "best":{"anyOf":[{"type":"integer","minimum":-2147483648,"maximum":2147483647},{"type":"null"}]},\
            "all":{"type":"array","items":{"type":"object","properties":{\
            "small":{"type":"integer","minimum":-32768,"maximum":32767},\
            "next":{"anyOf":[{"type":"object"},{"type":"null"}]}},\
            "required":["small"],"additionalProperties":false}}},\
            "required":["reason","all"],"additionalProperties":false}""");
    assertThat(tool.wireForm().path("submits").booleanValue()).isTrue();
    assertThat(tool.wireForm().path("schema")).isEqualTo(Json.MAPPER.readTree(tool.schemaJson()));
    assertThat(tool.wireForm().has("parameters")).isFalse();
  }

  @Test
  void a_record_that_no_answer_can_become_is_refused_by_its_component() {
    assertThatThrownBy(() -> Tool.submit("DONE").fields(Odd.class))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("DONE().worker is a java.lang.Thread");
  }

  @Test
  void a_name_that_is_none_in_python_is_refused() {
    assertThatThrownBy(() -> Tool.submit("class"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("class");
  }

  @Test
  void a_schema_that_can_be_kept_is_taken_as_it_is() {
    for (String schema :
        List.of(
            "{'type':'object'}",
            "{'type':'object','properties':{'a':true,'b':{'type':['integer','null'],'minimum':0}}}",
            "{'type':'object','properties':{'a':{'$ref':'#/$defs/a'}},'$defs':{'a':{'$ref':'#'}}}",
            "{'type':'object','title':'x','properties':{'a':{'enum':[1,null],'default':1,'format':'x'}}}",
            "{'type':'object','anyOf':[{'required':['a']},{'required':['b']}],'additionalProperties':{}}",
            "{'type':'object','properties':{'a':{'pattern':'^a+$','prefixItems':[{}],'not':false}}}")) {
      String json = schema.replace('\'', '"');
      assertThat(Tool.submit("DONE").schema(json).schemaJson()).isEqualTo(json);
    }
  }

  @Test
  void a_schema_that_cannot_be_kept_is_refused_with_the_place() {
    Map<String, String> refused =
        Map.ofEntries(
            Map.entry("{", "the schema is not JSON"),
            Map.entry("[]", "has to be a JSON object with \"type\": \"object\""),
            Map.entry("{'type':'array'}", "has to be a JSON object with \"type\": \"object\""),
            Map.entry(
                "{'type':'object','patternProperties':{}}",
                "schema.patternProperties is no word that a value"),
            Map.entry(
                "{'type':'object','properties':{'a':{'if':{}}}}",
                "schema.properties.a.if is no word"),
            Map.entry(
                "{'type':'object','properties':{'a':7}}",
                "schema.properties.a has to be an object or a boolean, not 7"),
            Map.entry(
                "{'type':'object','properties':{'a':{'type':'int'}}}",
                "schema.properties.a.type has to be one of array,"),
            Map.entry(
                "{'type':'object','properties':{'a':{'$ref':'#/$defs/b'}}}",
                "a.$ref has to be a reference to a place within"),
            Map.entry(
                "{'type':'object','properties':{'a':{'$ref':'file:///x'}}}",
                "a.$ref has to be a reference to a place within"),
            Map.entry(
                "{'type':'object','properties':{'a':{'pattern':'('}}}", "a.pattern is no pattern"),
            Map.entry(
                "{'type':'object','required':'a'}", "schema.required has to be a list of names"),
            Map.entry(
                "{'type':'object','minProperties':-1}",
                "schema.minProperties has to be a whole number from 0 on, not -1"),
            Map.entry("{'type':'object','anyOf':[]}", "schema.anyOf has to be a list of schemas"),
            Map.entry(
                "{'type':'object','properties':{'a':{'maximum':'9'}}}",
                "a.maximum has to be a number"));
    refused.forEach(
        (schema, told) ->
            assertThatThrownBy(() -> Tool.submit("DONE").schema(schema.replace('\'', '"')))
                .as(schema)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(told));
  }
}
