package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pyvisor.Cell;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.backend.Capability;
import dev.pyvisor.contract.backend.Needs;
import dev.pyvisor.contract.backend.OneBackend;
import dev.pyvisor.contract.guard.OpenClients;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import dev.pyvisor.outcome.StateSource;
import dev.pyvisor.tool.Tool;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What a tool that takes too long costs: its own call, and nothing else. */
@OneBackend
@Needs({Capability.TOOL_ERRORS, Capability.TOOL_FATES})
public interface ToolBudgetContract extends RunnerContract {

  /** One that answers later, and one that heeds no interrupt, on the only thread that there is. */
  @Test
  @Rule({"C177", "H28"})
  default void a_tool_past_its_deadline_takes_no_thread_from_the_next_call() {
    Duration limit = Duration.ofMillis(300);
    ToolDeadlineContract.Heedless heedless = new ToolDeadlineContract.Heedless(1);
    Tool never = Tool.of("never", (arguments, context) -> new CompletableFuture<Void>());
    Tool echo = Tool.of("echo", (arguments, context) -> arguments.positional().get(0));
    SupervisorClient.Builder builder =
        client()
            .toolThreads(1)
            .tool(never.timeout(limit))
            .tool(heedless.tool().timeout(limit))
            .tool(echo);
    try (SupervisorClient client = OpenClients.open(builder)) {
      Session session = client.session();
      Outcome outcome =
          session.execute(
              """
              for call in (never, heedless):
                  try:
                      await call()
                  except ToolDeadlineExceeded as late:
                      print(late.code, late.message)
                  print(await echo('next'))
              """);
      assertThat(outcome.stdoutText())
          .as(outcome.toString())
          .isEqualTo("deadline_exceeded the tool has not answered within 0.3 s\nnext\n".repeat(2));
      assertThat(client.counters().leakedToolThreads()).isEqualTo(1);
      heedless.release.countDown();
      await().until(() -> client.counters().leakedToolThreads() == 0);
    }
  }

  @Test
  @Rule({"C178", "C85"})
  default void a_tool_has_no_more_time_than_its_cell_and_costs_neither_host_nor_kernel()
      throws Exception {
    ToolDeadlineContract.Heedless heedless = new ToolDeadlineContract.Heedless(1);
    CompletableFuture<Duration> had = new CompletableFuture<>();
    Duration limit = Duration.ofSeconds(1);
    Tool asks =
        Tool.of(
            "asks",
            (arguments, context) -> had.complete(context.remaining().orElse(Duration.ofDays(1))));
    try (SupervisorClient client = open(heedless.tool().noTimeout(), asks.noTimeout())) {
      Session session = client.session();
      long supervisor = client.runner().pid();
      Outcome outcome =
          session.execute(
              Cell.of(
                      """
                      state = 41
                      await asks()
                      try:
                          await heedless()
                      except BaseException:
                          print('handled timeout')
                      """)
                  .timeout(limit));
      assertThat(outcome.kind()).as(outcome.toString()).isEqualTo(OutcomeKind.TIMED_OUT);
      assertThat(outcome.stdoutText()).isEqualTo("handled timeout\n");
      assertThat(outcome.state().source()).isEqualTo(StateSource.LIVE);
      assertThat(had.join()).isLessThanOrEqualTo(limit);
      assertThat(session.hostWork()).as("the tool itself goes on").isEqualTo(1);
      assertThat(session.execute("print(state + 1)").stdoutText()).isEqualTo("42\n");
      assertThat(client.runner().pid()).isEqualTo(supervisor);
      heedless.release.countDown();
      session.hostWorkDone().join();
      assertThat(List.of(session.hostWork(), session.generation())).containsExactly(0, 1);
    }
  }
}
