package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.pyvisor.Cell;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.backend.Capability;
import dev.pyvisor.contract.backend.Heavy;
import dev.pyvisor.contract.backend.Needs;
import dev.pyvisor.error.Delivery;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.error.RunnerException;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.tool.Tool;
import dev.pyvisor.wire.Limits;
import org.junit.jupiter.api.Test;

/** What is larger than a message may be is refused by a typed error, and the session lives. */
@Needs(Capability.TYPED_VALUES)
public interface SizeContract extends RunnerContract {
  /** Just above the limit of a message. */
  int OVERSIZE = Limits.MESSAGE + 1;

  @Test
  @Rule({"H4", "FRM-11", "W33"})
  default void an_argument_of_a_tool_above_the_limit_is_refused_in_python() {
    Tool take = Tool.of("take", (arguments, context) -> "taken");
    try (SupervisorClient client = open(take)) {
      Outcome outcome =
          client
              .session()
              .execute(
                  "try:\n    await take('x' * "
                      + OVERSIZE
                      + ")\nexcept Exception as e:\n    print(type(e).__name__, '"
                      + Limits.MESSAGE
                      + "' in str(e))\nprint(await take('small'))");
      assertThat(outcome.error()).isEmpty();
      assertThat(outcome.stdoutText()).isEqualTo("ToolCallTooLarge True\ntaken\n");
    }
  }

  @Test
  @Rule({"H4", "W33"})
  default void a_result_of_a_tool_above_the_limit_is_an_error_of_the_call() {
    Tool give = Tool.of("give", (arguments, context) -> "x".repeat(OVERSIZE));
    try (SupervisorClient client = open(give)) {
      Outcome outcome =
          client
              .session()
              .execute("try:\n    await give()\nexcept Exception as e:\n    print(e.code)");
      assertThat(outcome.error()).isEmpty();
      assertThat(outcome.stdoutText()).isEqualTo("message_too_large\n");
      assertThat(client.session().execute("print(1)").stdoutText()).isEqualTo("1\n");
    }
  }

  @Test
  @Rule({"H4", "W33"})
  default void a_value_above_the_limit_does_not_end_the_session() {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      Outcome outcome = session.execute(Cell.of("print('ran')\n'x' * " + OVERSIZE).withValue());
      assertThat(outcome.stdoutText()).isEqualTo("ran\n");
      assertThat(session.execute("print(1)").stdoutText()).isEqualTo("1\n");
    }
  }

  @Test
  @Rule({"H4", "W33"})
  default void a_value_for_python_above_the_limit_is_refused_and_never_sent() {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      RunnerException refused =
          catchThrowableOfType(RunnerException.class, () -> session.set("x", "x".repeat(OVERSIZE)));
      assertThat(refused.code()).isEqualTo(ErrorCode.MESSAGE_TOO_LARGE);
      assertThat(refused.delivery()).isEqualTo(Delivery.NEVER_SENT);
      assertThat(session.execute("print(1)").stdoutText()).isEqualTo("1\n");
    }
  }

  @Test
  @Rule("H4")
  @Heavy(why = "64 MiB in both directions")
  default void values_just_below_the_limit_cross_in_both_directions() {
    int size = Limits.MESSAGE - 10_000;
    try (SupervisorClient client = open()) {
      Session session = client.session();
      session.set("x", new byte[size]);
      assertThat(
              session
                  .execute(Cell.of("len(x)").withValue())
                  .value()
                  .orElseThrow()
                  .as(Integer.class))
          .isEqualTo(size);
      assertThat(session.get("x").as(byte[].class)).hasSize(size);
    }
  }
}
