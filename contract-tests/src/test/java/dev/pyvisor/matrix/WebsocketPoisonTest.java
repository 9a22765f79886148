package dev.pyvisor.matrix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.Counts;
import dev.pyvisor.contract.Evidence;
import dev.pyvisor.contract.Rule;
import dev.pyvisor.contract.Tier;
import dev.pyvisor.contract.backend.RunsFrom;
import dev.pyvisor.contract.chaos.ChaosProxy;
import dev.pyvisor.contract.chaos.Cut.How;
import dev.pyvisor.contract.chaos.Fate;
import dev.pyvisor.contract.chaos.LinkMessage;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.Limit;
import dev.pyvisor.error.CallFailed;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Something on the way ends every connection that carries a certain message: that message fails,
 * and the session lives, with its state.
 */
@Limit(seconds = 90, why = "some fourteen connections each, with growing pauses between them")
@ExtendWith({Census.class, HangReport.class})
class WebsocketPoisonTest {
  private static final String OTHERS =
      "a request, an answer in pieces, output and the end of a cell are given up in the same way";

  private static final Duration TYPED = Duration.ofSeconds(30);
  private static final String CODE = "transport_poison";
  private static final String RECORD = "no connection survived the record at byte ";

  private final Tally tally = new Tally();
  private final Aim aim = new Aim();
  private ChaosProxy proxy;
  private SupervisorClient client;

  @BeforeEach
  void open() throws Exception {
    proxy = Proxied.aimed(aim);
    client = Proxied.by(proxy).tool(tally.tool()).open();
    assertThat(client.session().execute("kept = 42").ok()).isTrue();
  }

  @AfterEach
  void close() {
    client.close();
    proxy.close();
  }

  @Test
  @Rule({"REC-9", "REC-19"})
  void a_request_that_ends_every_connection_has_never_started() {
    Outcome outcome = poisoned("execute", "kept = 0");
    assertThat(outcome.kind()).isEqualTo(OutcomeKind.NEVER_STARTED);
    assertTypedAndAlive(outcome, 0);
  }

  @Test
  @Rule({"REC-9", "REC-19"})
  void a_terminal_that_ends_every_connection_leaves_unknown_what_the_cell_came_to() {
    Outcome outcome = poisoned("execute.result", "print(len(await tally(0, 'y')))");
    assertThat(outcome.kind()).isEqualTo(OutcomeKind.UNKNOWN);
    assertThat(outcome.stdoutText()).isEqualTo("2\n");
    assertTypedAndAlive(outcome, 1);
  }

  @Test
  @RunsFrom(tier = Tier.WIDE, why = OTHERS)
  @Rule({"REC-9", "REC-19"})
  void a_tool_s_answer_that_ends_every_connection_is_raised_in_the_cell() {
    Outcome outcome = poisoned("tool.result", "print(len(await tally(0, 'y')))");
    assertRaised(outcome);
    assertTypedAndAlive(outcome, 1);
  }

  @Test
  @RunsFrom(tier = Tier.WIDE, why = OTHERS)
  @Rule({"REC-9", "REC-19", "LIF-4"})
  void a_tool_call_that_ends_every_connection_is_raised_in_the_cell_and_calls_nothing() {
    Outcome outcome = poisoned("tool.call", "print(len(await tally(0, 'y')))");
    assertRaised(outcome);
    assertTypedAndAlive(outcome, 0);
  }

  @Test
  @Rule({"REC-9", "REC-19", "LIF-4"})
  void output_that_ends_every_connection_is_missing_and_said_to_be() {
    Outcome outcome = poisoned("STDOUT", "print('lost')");
    assertThat(outcome.kind()).isEqualTo(OutcomeKind.UNKNOWN);
    assertThat(outcome.stdoutText()).isEmpty();
    assertTypedAndAlive(outcome, 0);
  }

  @Test
  @RunsFrom(tier = Tier.WIDE, why = OTHERS)
  @Rule({"REC-9", "REC-19"})
  void a_value_that_ends_every_connection_is_missing_and_said_to_be() {
    Outcome outcome = poisoned("cell.report", "raise ValueError('lost')");
    assertThat(outcome.kind()).isEqualTo(OutcomeKind.UNKNOWN);
    assertTypedAndAlive(outcome, 0);
  }

  @Test
  @RunsFrom(tier = Tier.WIDE, why = OTHERS)
  @Rule({"REC-9", "REC-19"})
  void a_request_to_the_supervisor_that_ends_every_connection_fails_alone() {
    poison(message -> message.carries("checkpoint"));
    assertThat(catchThrowable(() -> client.session().checkpoint("a")))
        .hasMessageContaining(RECORD)
        .satisfies(
            failure ->
                assertThat(((CallFailed) root(failure)).code())
                    .isEqualTo(ErrorCode.TRANSPORT_POISON));
    heal();
    assertAlive();
  }

  @Test
  @Rule({"REC-9", "REC-19"})
  void a_piece_of_a_large_answer_that_ends_every_connection_loses_that_answer_alone() {
    // 300 kB in five frames: the first has come when the connection ends.
    Outcome outcome = poisoned("tool.result", "print(len(await tally(0, 'y' * 300_000)))");
    assertRaised(outcome);
    assertTypedAndAlive(outcome, 1);
  }

  @Test
  @RunsFrom(tier = Tier.WIDE, why = OTHERS)
  @Rule({"REC-9", "REC-19"})
  void a_piece_of_a_large_request_that_ends_every_connection_is_raised_before_its_code_runs() {
    Outcome outcome = poisoned("execute", "kept = 0\n" + "# a comment\n".repeat(10_000));
    assertThat(outcome.kind()).isEqualTo(OutcomeKind.RAISED);
    assertThat(outcome.error().orElseThrow().type()).isEqualTo("ConnectionError");
    assertThat(outcome.error().orElseThrow().message()).contains(CODE).contains(RECORD);
    assertAlive();
  }

  private static Throwable root(Throwable failure) {
    return failure instanceof CallFailed || failure.getCause() == null
        ? failure
        : root(failure.getCause());
  }

  private Outcome poisoned(String name, String code) {
    poison(message -> message.carries(name));
    long begin = System.nanoTime();
    Outcome outcome = client.session().execute(code);
    Duration took = Duration.ofNanos(System.nanoTime() - begin);
    int connections = aim.hits();
    heal();
    assertThat(took).isLessThan(TYPED);
    Evidence.record(
        "a link that dies of every " + name,
        List.of("F19"),
        "told as transport_poison after %d ms and %d connections"
            .formatted(took.toMillis(), connections),
        Counts.always(1));
    return outcome;
  }

  private void poison(Predicate<LinkMessage> what) {
    aim.at(Integer.MAX_VALUE, what, message -> Fate.cutBefore(How.RST));
  }

  private void heal() {
    aim.at(0, message -> false, message -> Fate.PASSES);
  }

  private static void assertRaised(Outcome outcome) {
    assertThat(outcome.kind()).isEqualTo(OutcomeKind.RAISED);
    assertThat(outcome.error().orElseThrow().type()).isEqualTo("ToolError");
  }

  private void assertTypedAndAlive(Outcome outcome, int calls) {
    assertThat(outcome.toString()).contains(CODE).contains(RECORD);
    assertAlive();
    tally.readsOneForEachOf(calls);
  }

  private void assertAlive() {
    Outcome next = client.session().execute("print(kept)");
    assertThat(next.stdoutText()).isEqualTo("42\n");
    assertThat(next.ok()).isTrue();
    assertThat(next.state().preserved()).isTrue();
  }
}
