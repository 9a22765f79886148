package dev.pyvisor.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.Counts;
import dev.pyvisor.contract.Evidence;
import dev.pyvisor.contract.chaos.ChaosProxy;
import dev.pyvisor.contract.chaos.Cut.Direction;
import dev.pyvisor.contract.chaos.Cut.How;
import dev.pyvisor.contract.chaos.Fate;
import dev.pyvisor.contract.chaos.LinkMessage;
import dev.pyvisor.contract.chaos.LinkMessage.Kind;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.Limit;
import dev.pyvisor.outcome.Outcome;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A link of which parts of messages, or whole ones, are lost: nothing is done by halves or twice.
 */
@Limit(seconds = 120, why = "many cells, and a wait of five seconds for an answer that is lost")
@ExtendWith({Census.class, HangReport.class})
class WebsocketFramesTest {
  private static final String COUNTED =
      "ran = globals().get('ran', 0) + 1\nprint('x' * 2000, len(await tally(%d, 'y' * 20000)), ran)";

  private final Tally tally = new Tally();
  private final Aim aim = new Aim();
  private int cells;

  @Test
  void of_a_message_that_is_cut_inside_its_frame_nothing_is_done() throws Exception {
    Map<String, ToIntFunction<LinkMessage>> places =
        Map.of(
            "its first byte",
            message -> 1,
            "its length",
            message -> Math.min(3, message.head() - 1),
            "its mask, or its header's end",
            message -> message.head() - 1,
            "the middle of its body",
            message -> (message.head() + message.size()) / 2,
            "all but its last byte",
            message -> message.size() - 1);
    Counts counts = Counts.of(1, 5, 50);
    try (ChaosProxy proxy = Proxied.aimed(aim);
        SupervisorClient client = Proxied.by(proxy).tool(tally.tool()).open()) {
      for (int round = 0; round < counts.now(); round++) {
        for (String name :
            List.of("execute", "tool.call", "tool.result", "STDOUT", "execute.result")) {
          places.forEach(
              (place, bytes) -> {
                How how = cells % 2 == 0 ? How.FIN : How.RST;
                aim.at(carries(name), m -> Fate.cutAfter(bytes.applyAsInt(m), how));
                runCounted(client, name + " cut behind " + place);
              });
        }
      }
      assertThat(proxy.cuts()).isEqualTo(cells);
    }
    tally.readsOneForEachOf(cells);
    Evidence.record(
        "a link cut inside a frame, five places of five messages",
        List.of("F3"),
        cells + " cuts, nothing done by halves, lost or doubled",
        counts);
  }

  @Test
  void the_answer_to_the_attach_may_be_lost_with_its_connection_and_without() throws Exception {
    aim.at(3, message -> message.kind() == Kind.ATTACHED, message -> Fate.cutBefore(How.RST));
    try (ChaosProxy proxy = Proxied.aimed(aim);
        SupervisorClient client = Proxied.by(proxy).tool(tally.tool()).open()) {
      runCounted(client, "three answers lost before the first cell");
      assertThat(aim.hits()).isEqualTo(3);
      proxy.sever(How.FIN);
      aim.at(message -> message.kind() == Kind.ATTACHED, message -> Fate.LOST);
      runCounted(client, "an answer lost, and the connection goes on");
    }
    tally.readsOneForEachOf(cells);
  }

  @Test
  void acknowledgements_may_be_lost() throws Exception {
    aim.at(Integer.MAX_VALUE, message -> message.kind() == Kind.ACK, message -> Fate.LOST);
    try (ChaosProxy proxy = Proxied.aimed(aim);
        SupervisorClient client = Proxied.by(proxy).tool(tally.tool()).open()) {
      for (int i = 0; i < 20; i++) {
        runCounted(client, "all acknowledgements are lost");
        proxy.sever(How.FIN);
      }
      Outcome outcome = client.session().execute("for i in range(20_000): print('line', i, 'é🙂')");
      assertThat(outcome.stdoutText()).isEqualTo(Proxied.lines(20_000));
      assertThat(aim.hits()).isPositive();
    }
    tally.readsOneForEachOf(cells);
  }

  @Test
  void results_of_tools_and_terminals_may_be_lost_twice_each() throws Exception {
    try (ChaosProxy proxy = Proxied.aimed(aim);
        SupervisorClient client = Proxied.by(proxy).tool(tally.tool()).open()) {
      for (String name : List.of("tool.result", "execute.result", "tool.call", "execute")) {
        for (int i = 0; i < 5; i++) {
          aim.at(2, carries(name), message -> Fate.cutBefore(How.RST));
          runCounted(client, name + " lost twice");
          assertThat(aim.hits()).as(name).isEqualTo(2);
        }
      }
    }
    tally.readsOneForEachOf(cells);
  }

  @Test
  void a_record_that_is_lost_on_a_connection_that_goes_on_costs_the_connection_only()
      throws Exception {
    try (ChaosProxy proxy = Proxied.aimed(aim);
        SupervisorClient client = Proxied.by(proxy).tool(tally.tool()).open()) {
      for (Direction direction : Direction.values()) {
        for (int i = 0; i < 2; i++) {
          aim.at(
              message ->
                  message.direction() == direction
                      && (message.carries("tool.result") || message.carries("STDOUT")),
              message -> Fate.LOST);
          runCounted(client, "a record lost " + direction);
          assertThat(aim.hits()).isEqualTo(1);
        }
      }
    }
    tally.readsOneForEachOf(cells);
  }

  private static Predicate<LinkMessage> carries(String name) {
    return message -> message.carries(name);
  }

  /** A cell that calls the tool with the next key, and counts in Python how often it ran. */
  private void runCounted(SupervisorClient client, String what) {
    int key = cells++;
    Outcome outcome = client.session().execute(COUNTED.formatted(key));
    assertThat(outcome.error()).as(what).isEmpty();
    int length = Integer.toString(key).length() + 20_000;
    assertThat(outcome.stdoutText())
        .as(what)
        .isEqualTo("x".repeat(2000) + " " + length + " " + cells + "\n");
    assertThat(client.session().generation()).as(what).isEqualTo(1);
  }
}
