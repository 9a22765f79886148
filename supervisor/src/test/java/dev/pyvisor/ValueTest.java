package dev.pyvisor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pyvisor.document.DocumentException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ValueTest {
  record Point(int x, Optional<String> label) {}

  @Test
  void a_value_says_what_it_was_in_python() {
    Value value = Value.of("[1,2]", List.of(), "[1, 2]", "builtins.list");
    assertThat(value.json()).isEqualTo("[1,2]");
    assertThat(value.repr()).isEqualTo("[1, 2]");
    assertThat(value.pythonType()).isEqualTo("builtins.list");
    assertThat(value).hasToString("[1, 2]");
    assertThat(value.asJava()).isEqualTo(List.of(1L, 2L));
  }

  @Test
  void a_value_comes_as_the_type_that_is_asked_for() {
    assertThat(of("900").as(Integer.class)).isEqualTo(900);
    assertThat(of("900").as(int.class)).isEqualTo(900);
    assertThat(of("true").as(boolean.class)).isTrue();
    assertThat(of("2").as(double.class)).isEqualTo(2.0);
    assertThat(of("{\"x\":1}").as(Point.class)).isEqualTo(new Point(1, Optional.empty()));
    assertThat((Object) of("{\"x\":1}").as(Map.class)).isEqualTo(Map.of("x", 1L));
  }

  @Test
  void what_does_not_fit_is_refused_with_value_and_type() {
    assertThatThrownBy(() -> of("\"tea\"").as(Integer.class))
        .isInstanceOf(DocumentException.class)
        .hasMessage(
            "the value must be an int from -2147483648 to 2147483647 (Java's Integer), not 'tea'");
    assertThatThrownBy(() -> of("3000000000").as(int.class))
        .isInstanceOf(DocumentException.class)
        .hasMessageContaining("not 3000000000");
    assertThatThrownBy(() -> of("null").as(String.class))
        .isInstanceOf(DocumentException.class)
        .hasMessageContaining("not None");
  }

  @Test
  void what_a_caller_does_with_the_bytes_changes_nothing() {
    Value value = Value.of("{\"$py\":\"bytes\",\"attachment\":0}", List.of(new byte[] {1}), "", "");
    value.as(byte[].class)[0] = 9;
    assertThat(value.as(byte[].class)).containsExactly(1);
  }

  @Test
  void none_is_null() {
    assertThat(of("null").asJava()).isNull();
    assertThat((Object) of("null").as(Optional.class)).isEqualTo(Optional.empty());
  }

  private static Value of(String json) {
    return Value.of(json, List.of(), "", "");
  }
}
