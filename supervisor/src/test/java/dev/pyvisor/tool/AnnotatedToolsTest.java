package dev.pyvisor.tool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pyvisor.TimeLimit;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class AnnotatedToolsTest {
  enum Unit {
    CELSIUS,
    KELVIN
  }

  record Reading(String city, double degrees, Optional<Unit> unit) {}

  /** The tools of a weather program. */
  public static class Weather {
    @HostTool(description = "Degrees of a city.")
    public double degrees(
        @Param(description = "where") String city,
        @Param(defaultValue = "\"KELVIN\"") Unit unit,
        ToolContext context,
        Optional<Integer> day,
        List<Reading> known) {
      return unit == Unit.KELVIN && day.isEmpty() && known.size() == 1 ? 280.5 : -1;
    }

    @HostTool(name = "note")
    public void remember(@Nullable String text, Object anything) {
      if (text != null) {
        throw new IllegalStateException(text);
      }
    }

    @HostTool
    public CompletableFuture<Integer> later(int a, long b) {
      return CompletableFuture.completedFuture((int) (a + b));
    }

    public void notATool(Thread thread) {}
  }

  private static class HiddenBase {
    @HostTool
    public int inherited(int a) {
      return a + 1;
    }
  }

  /** Its tool stands in a superclass that nobody sees. */
  public static final class Heir extends HiddenBase {}

  interface Service<T> {
    @HostTool(description = "Looks it up.")
    int find(@Param(name = "key") T key);
  }

  private static final class Index implements Service<String> {
    @Override
    public int find(String other) {
      return other.length();
    }
  }

  @Test
  void annotated_methods_become_tools_by_name() {
    List<Tool> tools = Tool.fromObject(new Weather());
    assertThat(tools).extracting(Tool::name).containsExactly("degrees", "later", "note");
    Tool degrees = tools.get(0);
    assertThat(degrees.description()).isEqualTo("Degrees of a city.");
    assertThat(degrees.parameters())
        .extracting(ToolParameter::name)
        .containsExactly("city", "unit", "day", "known");
    assertThat(degrees.parameters())
        .extracting(ToolParameter::required)
        .containsExactly(true, false, false, true);
    assertThat(degrees.parameters())
        .extracting(ToolParameter::defaultJson)
        .containsExactly(
            Optional.empty(), Optional.of("\"KELVIN\""), Optional.of("null"), Optional.empty());
  }

  @Test
  void a_tool_has_a_schema_of_all_its_arguments() {
    assertThat(Tool.fromObject(new Weather()).get(0).schemaJson())
        .isEqualTo(
            """
            {"type":"object","properties":{\
            "city":{"type":"string","description":"where"},\
            "unit":{"type":"string","enum":["CELSIUS","KELVIN"],"default":"KELVIN"},\
            "day":{"type":"integer","default":null},\
            "known":{"type":"array","items":{"type":"object","properties":{\
            "city":{"type":"string"},"degrees":{"type":"number"},\
            "unit":{"type":"string","enum":["CELSIUS","KELVIN"]}},\
            "required":["city","degrees"],"additionalProperties":false}}},\
            "required":["city","known"],"additionalProperties":false}""");
  }

  @Test
  void arguments_arrive_as_the_parameters_types() {
    Map<String, Object> reading = Map.of("city", "Oslo", "degrees", 1L);
    Calls calls = Calls.ofObject(new Weather());
    assertThat(
            calls.result(
                "degrees",
                "{\"args\":[\"Oslo\"],\"kwargs\":{\"known\":[{\"city\":\"Oslo\",\"degrees\":1}]}}"))
        .isEqualTo(280.5);
    assertThat(reading).hasSize(2);
    assertThat(calls.result("later", "{\"args\":[1],\"kwargs\":{\"b\":2}}")).isEqualTo(3L);
    assertThat(calls.error("later", "{\"args\":[1,2.5]}"))
        .startsWith("later(): argument b must be an int");
  }

  @Test
  void none_is_taken_only_where_a_parameter_says_so() {
    Calls calls = Calls.ofObject(new Weather());
    assertThat(calls.result("note", "{\"args\":[null,null]}")).isNull();
    assertThat(calls.error("degrees", "{\"args\":[null],\"kwargs\":{\"known\":[]}}"))
        .isEqualTo(
            "degrees(): argument city must not be None; its schema is {\"type\":\"string\"}");
    assertThat(calls.error("later", "{\"args\":[null,1]}")).contains("argument a must not be None");
  }

  @Test
  void what_a_method_throws_is_the_tools_failure() {
    assertThat(Calls.ofObject(new Weather()).error("note", "{\"args\":[\"wet\",1]}"))
        .isEqualTo("wet");
  }

  @Test
  void tools_of_superclasses_and_interfaces_count_too() {
    assertThat(Calls.ofObject(new Heir()).result("inherited", "{\"args\":[1]}")).isEqualTo(2L);
    Calls index = Calls.ofObject(new Index());
    assertThat(index.result("find", "{\"kwargs\":{\"key\":\"four\"}}")).isEqualTo(4L);
    assertThat(index.error("find", "{\"args\":[4]}")).contains("argument key must be a str");
    Object proxy =
        Proxy.newProxyInstance(
            Service.class.getClassLoader(),
            new Class<?>[] {Service.class},
            (self, method, arguments) -> 7);
    assertThat(Calls.ofObject(proxy).result("find", "{\"args\":[1]}")).isEqualTo(7L);
  }

  @Test
  void what_cannot_be_a_tool_is_refused_with_the_fix() {
    refused(
        new Object() {
          @HostTool
          public void lambda(int a) {}
        },
        "'lambda' is a keyword of Python; choose another, for example lambda_");
    refused(
        new Object() {
          @HostTool
          public void größe(int a) {}
        },
        "'größe' is not a name that Python code can write");
    refused(
        new Object() {
          @HostTool(name = "__init__")
          public void init() {}
        },
        "kept by Python");
    refused(
        new Object() {
          @HostTool
          public void tool(@Param(name = "from") int a) {}
        },
        "tool(): the parameter name 'from' is a keyword");
    refused(
        new Object() {
          @HostTool
          public void twice(int a) {}

          @HostTool
          public void twice(String a) {}
        },
        "two methods are the tool twice",
        "twice(int)",
        "twice(java.lang.String)",
        "@HostTool(name");
    refused(
        new Object() {
          @HostTool
          public void tool(@Param(name = "a") int a, @Param(name = "a") int b) {}
        },
        "two parameters are named a");
    refused(
        new Object() {
          @HostTool
          void hidden() {}
        },
        "hidden",
        "make it public");
    refused(
        new Object() {
          @HostTool
          public void tool(Consumer<String> callback) {}
        },
        "tool(): parameter callback is a java.util.function.Consumer<java.lang.String>",
        "no Python value");
    refused(new Object() {}, "has no public method with @HostTool");
  }

  @Test
  void a_method_may_say_how_long_it_may_take() {
    class Slow {
      @HostTool(timeoutSeconds = 0.25)
      public void bounded() {}

      @HostTool
      public void usual() {}
    }
    class Never {
      @HostTool(timeoutSeconds = -1)
      public void bounded() {}
    }
    assertThat(Tool.fromObject(new Slow()))
        .extracting(Tool::timeLimit)
        .containsExactly(
            Optional.of(TimeLimit.of(Duration.ofMillis(250))), Optional.<TimeLimit>empty());
    assertThatThrownBy(() -> Tool.fromObject(new Never()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("timeoutSeconds = -1.0")
        .hasMessageContaining("bounded");
  }

  @Test
  void a_default_is_checked_when_the_tool_is_made() {
    refused(
        new Object() {
          @HostTool
          public void tool(@Param(defaultValue = "en") String language) {}
        },
        "tool(): the default of language is not JSON: en",
        "quotes");
    refused(
        new Object() {
          @HostTool
          public void tool(@Param(defaultValue = "\"x\"") int number) {}
        },
        "tool(): the default of number must be an int",
        "not 'x'");
    refused(
        new Object() {
          @HostTool
          public void tool(@Param(defaultValue = "null") int number) {}
        },
        "tool(): the default of number must be an int",
        "not None");
  }

  private static void refused(Object object, String... texts) {
    assertThatThrownBy(() -> Tool.fromObject(object))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll(texts);
  }
}
