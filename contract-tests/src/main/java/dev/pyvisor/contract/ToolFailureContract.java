package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.backend.Capability;
import dev.pyvisor.contract.backend.Needs;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import dev.pyvisor.outcome.PythonError;
import dev.pyvisor.tool.Tool;
import dev.pyvisor.tool.ToolFailure;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/**
 * What a host tool throws reaches the Python code that called it, as data and without our stack.
 */
@Needs(Capability.TOOL_ERRORS)
public interface ToolFailureContract extends RunnerContract {
  /** The exception keeps type, message and data: supersedes the bare RuntimeError of C51, C52. */
  @Test
  @Rule({"C51", "ERR-4", "W44"})
  default void a_tools_failure_is_an_exception_that_python_can_catch() {
    try (SupervisorClient client = open(failing(), DemoTools.adder())) {
      Outcome outcome =
          client
              .session()
              .execute(
                  """
                  try:
                      await failing_tool()
                  except Exception as e:
                      print(type(e).__name__, e.type, e.message, e.data, 'at dev.pyvisor' in repr(vars(e)))
                  print((await add(2, 2))['total'])
                  """);
      assertThat(outcome.stdoutText())
          .isEqualTo(
              "ToolError dev.pyvisor.tool.ToolFailure predict failed {'city': 'Atlantis'} False\n4\n");
    }
  }

  @Test
  @Rule("C52")
  default void a_tools_failure_that_nobody_catches_is_the_cells_error() {
    try (SupervisorClient client = open(failing())) {
      Outcome outcome = client.session().execute("print('before')\nawait failing_tool()");
      assertThat(outcome.kind()).isEqualTo(OutcomeKind.RAISED);
      assertThat(outcome.stdoutText()).isEqualTo("before\n");
      PythonError error = outcome.error().orElseThrow();
      assertThat(error.type()).isEqualTo("ToolError");
      assertThat(error.message()).contains("predict failed");
      assertThat(error.traceback()).contains("await failing_tool()").doesNotContain("_runner");
    }
  }

  @Test
  @Rule("C51")
  default void whatever_a_tool_throws_is_a_failure_of_the_call() {
    List<Throwable> thrown =
        Arrays.asList(
            new StackOverflowError("deep"),
            new OutOfMemoryError("full"),
            new IllegalStateException() {
              private static final long serialVersionUID = 1;

              @Override
              public String getMessage() {
                throw new IllegalStateException("no message");
              }
            });
    Tool thrower =
        Tool.named("thrower")
            .parameter("index", int.class, "which")
            .handler(
                (arguments, context) -> {
                  Throwable failure = thrown.get(arguments.get("index", Integer.class));
                  if (failure instanceof Error error) {
                    throw error;
                  }
                  throw (RuntimeException) failure;
                });
    Tool broken =
        Tool.named("broken")
            .handler(
                (arguments, context) ->
                    CompletableFuture.failedFuture(new IllegalArgumentException("later")));
    try (SupervisorClient client = open(thrower, broken)) {
      Outcome outcome =
          client
              .session()
              .execute(
                  """
                  async def name(call):
                      try:
                          await call
                      except Exception as e:
                          return e.type.rsplit('.', 1)[-1]
                  print(await name(thrower(0)), await name(thrower(1)), await name(broken()))
                  print(bool(await name(thrower(2))))
                  """);
      assertThat(outcome.stdoutText())
          .isEqualTo("StackOverflowError OutOfMemoryError IllegalArgumentException\nTrue\n");
    }
  }

  private static Tool failing() {
    return Tool.named("failing_tool")
        .handler(
            (arguments, context) -> {
              throw new ToolFailure("predict failed", Map.of("city", "Atlantis"));
            });
  }
}
