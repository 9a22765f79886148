package dev.pyvisor.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pyvisor.Cell;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.TimeLimit;
import dev.pyvisor.testing.Rule;
import dev.pyvisor.tool.Tool;
import dev.pyvisor.wire.Json;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CellRequestTest {
  private static final Duration GRACE = Duration.ofSeconds(2);

  @Test
  void limits_stand_in_the_params_in_milliseconds_and_are_rounded_up() {
    assertThat(execute(false, TimeLimit.of(Duration.ofNanos(1_500_001)), GRACE))
        .isEqualTo("{\"timeoutMs\":2,\"graceMs\":2000}");
    assertThat(execute(true, TimeLimit.of(Duration.ofSeconds(300)), Duration.ZERO))
        .isEqualTo("{\"timeoutMs\":300000,\"graceMs\":0,\"value\":true}");
    assertThat(execute(false, TimeLimit.none(), GRACE)).isEqualTo("{\"graceMs\":2000}");
  }

  @Test
  void a_variables_request_has_its_limits_too() {
    CellRequest request =
        CellRequest.variable(
            "variable.get", "a\"b", List.of(), TimeLimit.of(Duration.ofSeconds(30)), GRACE);
    assertThat(Json.MAPPER.readTree(request.params()))
        .isEqualTo(
            Json.MAPPER.readTree("{\"timeoutMs\":30000,\"graceMs\":2000,\"name\":\"a\\\"b\"}"));
  }

  @Test
  @Rule("C30")
  void limits_that_cannot_be_kept_are_refused_with_their_value() {
    Cell cell = Cell.of("pass");
    for (Duration unfit :
        List.of(
            Duration.ZERO,
            Duration.ofMillis(-1),
            Duration.ofNanos(999_999),
            TimeLimit.LONGEST.plusNanos(1))) {
      assertThatThrownBy(() -> cell.timeout(unfit)).hasMessageContaining(unfit.toString());
      assertThatThrownBy(() -> SupervisorClient.builder().cellTimeout(unfit))
          .hasMessageContaining(unfit.toString());
      assertThatThrownBy(() -> SupervisorClient.builder().toolTimeout(unfit))
          .hasMessageContaining(unfit.toString());
      assertThatThrownBy(() -> Tool.of("t", (arguments, context) -> 1).timeout(unfit))
          .hasMessageContaining(unfit.toString());
    }
    for (Duration unfit : List.of(Duration.ofNanos(-1), TimeLimit.LONGEST.plusNanos(1))) {
      assertThatThrownBy(() -> cell.grace(unfit)).hasMessageContaining(unfit.toString());
      assertThatThrownBy(() -> SupervisorClient.builder().interruptGrace(unfit))
          .hasMessageContaining(unfit.toString());
    }
    assertThat(cell.grace(Duration.ZERO).interruptGrace()).contains(Duration.ZERO);
    assertThat(cell.timeout(GRACE).noTimeout().timeLimit()).contains(TimeLimit.none());
  }

  @Test
  void modules_to_preload_need_names_that_python_can_import() {
    SupervisorClient.Builder builder = SupervisorClient.builder();
    builder.preload("numpy", "scipy.linalg", "_private", "größe");
    for (String unfit : List.of("", "a,b", "a b", "1a", "a..b", "a.", "os;")) {
      assertThatThrownBy(() -> builder.preload(unfit)).hasMessageContaining("'" + unfit + "'");
    }
  }

  private static String execute(boolean value, TimeLimit limit, Duration grace) {
    return CellRequest.execute(value, new byte[0], Optional.empty(), limit, grace).params();
  }
}
