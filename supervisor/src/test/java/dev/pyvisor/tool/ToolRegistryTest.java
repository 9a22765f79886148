package dev.pyvisor.tool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pyvisor.testing.Rule;
import dev.pyvisor.wire.Json;
import dev.pyvisor.wire.Limits;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ToolRegistryTest {
  private final ToolRegistry registry = new ToolRegistry();

  @Test
  @Rule("LIF-11")
  void tools_are_added_and_replaced_by_name() {
    Tool second = Tool.of("a", (arguments, context) -> 2);
    registry.add(
        List.of(Tool.of("a", (arguments, context) -> 1), Tool.of("b", (arguments, context) -> 1)));
    String json = registry.add(List.of(second));
    assertThat(registry.find("a")).containsSame(second);
    assertThat(registry.names()).containsExactly("a", "b");
    assertThat(Json.MAPPER.readTree(json)).hasSize(2);
    assertThat(registry.find("c")).isEmpty();
  }

  @Test
  void more_tools_than_a_session_can_have_are_refused_and_change_nothing() {
    registry.add(tools(Limits.TOOLS));
    assertThatThrownBy(() -> registry.add(List.of(Tool.of("one_more", (arguments, context) -> 1))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("1025", "1024");
    assertThat(registry.names()).hasSize(Limits.TOOLS);
    assertThat(registry.find("one_more")).isEmpty();
  }

  @Test
  void what_was_added_is_taken_back_where_nobody_has_replaced_it_since() {
    List<Tool> before = tools(2);
    registry.add(before);
    Tool replacing = Tool.of(before.get(0).name(), (arguments, context) -> 2);
    Tool other = Tool.of("other", (arguments, context) -> 2);
    Tool later = Tool.of("other", (arguments, context) -> 3);
    registry.add(List.of(replacing, other));
    registry.add(List.of(later));
    registry.takeBack(List.of(replacing, other), before);
    assertThat(registry.find(before.get(0).name())).containsSame(before.get(0));
    assertThat(registry.find("other")).containsSame(later);
    registry.takeBack(List.of(later), before);
    assertThat(registry.all()).containsExactlyInAnyOrderElementsOf(before);
  }

  @Test
  void descriptions_beyond_a_control_message_are_refused_with_both_sizes() {
    Tool wordy =
        Tool.named("wordy")
            .description("w".repeat(Limits.CONTROL_MESSAGE))
            .handler((arguments, context) -> 1);
    assertThatThrownBy(() -> registry.add(List.of(wordy)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("1048", "1047552");
    assertThat(registry.find("wordy")).isEmpty();
  }

  private static List<Tool> tools(int count) {
    return IntStream.range(0, count)
        .mapToObj(index -> Tool.of("t" + index, (arguments, context) -> index))
        .toList();
  }
}
