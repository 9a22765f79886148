package dev.pyvisor.transport.stdio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.pyvisor.Cell;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.error.CallFailed;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import dev.pyvisor.transport.process.Census;
import dev.pyvisor.transport.process.Rule;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Variables of a session of a stranger, which travel as JSON text. */
@Timeout(30)
@ExtendWith(Census.class)
class VariablesTest {
  private static SupervisorClient open() {
    return Peer.open(Peer.stranger());
  }

  @Test
  @Rule("C27")
  void plain_values_travel_both_ways_and_leave_nothing_in_the_session() {
    Map<String, Object> value = new LinkedHashMap<>();
    value.put("text", "é€😀\u0000\"\\\n");
    value.put(
        "numbers",
        List.of(
            1L, -2.5, Double.POSITIVE_INFINITY, new java.math.BigInteger("1" + "0".repeat(30))));
    value.put("nothing", null);
    value.put("nested", List.of(List.of(), Map.of("$py", "not a form")));
    try (SupervisorClient client = open()) {
      Session session = client.session();
      session.set("x", value);
      assertThat(session.get("x").asJava()).isEqualTo(value);
      assertThat(session.get("x").repr()).startsWith("{'text':");
      assertThat(
              session.execute("print(sorted(n for n in globals() if n[:2] != '__'))").stdoutText())
          .isEqualTo("['SUBMIT', 'x']\n");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "(1, 2)",
        "{1}",
        "{1: 2}",
        "b'x'",
        "object()",
        "[[(1,)]]",
        "type('S', (str,), {})('x')"
      })
  @Rule("C27")
  void a_value_that_would_change_on_the_way_is_refused_by_its_type(String expression) {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      session.execute("x = " + expression);
      CallFailed failure = catchThrowableOfType(CallFailed.class, () -> session.get("x"));
      assertThat(failure.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
      assertThat(failure).hasMessageContaining("does not travel over the backend stdio");
    }
  }

  @Test
  @Rule("C96f")
  void what_cannot_be_had_is_refused_by_name() {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      session.execute("loop = []; loop.append(loop)");
      assertThatThrownBy(() -> session.get("loop")).hasMessageContaining("contains itself");
      assertThatThrownBy(() -> session.get("missing"))
          .hasMessageContaining("NameError: name 'missing' is not defined");
      assertThatThrownBy(() -> session.set("x", Set.of(1))).hasMessageContaining("'set'");
      assertThatThrownBy(() -> session.set("x", new byte[] {1})).hasMessageContaining("'bytes'");
      assertThatThrownBy(() -> client.openSession("other")).hasMessageContaining("one session");
      assertThatThrownBy(() -> session.checkpoint("c")).hasMessageContaining("no checkpoints");
      assertThatThrownBy(() -> session.branch("b")).hasMessageContaining("no checkpoints");
      assertThatThrownBy(() -> session.files().list("")).hasMessageContaining("copies no files");
      Outcome valued = session.execute(Cell.of("1").withValue());
      assertThat(valued.kind()).isEqualTo(OutcomeKind.NEVER_STARTED);
      assertThat(valued.cause().orElseThrow().text()).contains("value must be false");
    }
  }

  @Test
  void what_a_thread_prints_while_a_variable_is_read_is_late_output_and_not_lost()
      throws Exception {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      BlockingQueue<String> late = new LinkedBlockingQueue<>();
      session.onLateOutput(chunk -> late.add(chunk.text()));
      session.execute(
          """
          class Loud(list):
              pass
          class Meta(type):
              def __getattribute__(self, name):
                  if name == '__module__': print('loud')
                  return super().__getattribute__(name)
          x = 5
          import builtins
          plain = builtins.print
          def chatty(*args, **kwargs):
              plain('noise')
              plain(*args, **kwargs)
          builtins.print = chatty
          """);
      assertThat(session.get("x").as(Integer.class)).isEqualTo(5);
      assertThat(late.poll(10, TimeUnit.SECONDS)).isEqualTo("noise\n");
    }
  }
}
