package dev.pyvisor.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.Counts;
import dev.pyvisor.contract.Evidence;
import dev.pyvisor.contract.Rule;
import dev.pyvisor.contract.chaos.ChaosProxy;
import dev.pyvisor.contract.chaos.Cut.How;
import dev.pyvisor.contract.chaos.Fate;
import dev.pyvisor.contract.guard.Limit;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Something on the way ends every connection that carries a certain message. */
@Limit(seconds = 90, why = "eleven connections each way, with growing pauses between them")
class WebsocketPoisonTest {
  private static final Duration TYPED = Duration.ofSeconds(30);

  private final Tally tally = new Tally();
  private final Aim aim = new Aim();

  @Test
  @Rule({"REC-9", "REC-10"})
  void a_message_of_the_host_that_ends_every_connection_fails_typed_and_the_client_lives()
      throws Exception {
    failsTyped("tool.result");
  }

  @Test
  @Rule({"REC-9", "REC-10"})
  void a_message_of_the_runner_that_ends_every_connection_fails_typed_and_the_client_lives()
      throws Exception {
    failsTyped("execute.result");
  }

  private void failsTyped(String name) throws Exception {
    try (ChaosProxy proxy = Proxied.aimed(aim);
        SupervisorClient client = Proxied.by(proxy).tool(tally.tool()).open()) {
      assertThat(client.session().execute("1").ok()).isTrue();
      aim.at(Integer.MAX_VALUE, message -> message.carries(name), m -> Fate.cutBefore(How.RST));
      long begin = System.nanoTime();
      Outcome outcome = client.session().execute("print(len(await tally(0, 'y')))");
      Duration took = Duration.ofNanos(System.nanoTime() - begin);
      assertThat(outcome.kind()).isEqualTo(OutcomeKind.UNKNOWN);
      assertThat(outcome.toString()).contains("transport_poison").contains("the record at byte");
      assertThat(took).isLessThan(TYPED);
      int connections = aim.hits();
      aim.at(0, message -> false, message -> Fate.PASSES);
      assertThat(client.session().execute("print(6 * 7)").stdoutText()).isEqualTo("42\n");
      tally.readsOneForEachOf(1);
      Evidence.record(
          "a link that dies of every " + name,
          List.of("F19"),
          "told as transport_poison after %d ms and %d connections"
              .formatted(took.toMillis(), connections),
          Counts.always(1));
    }
  }
}
