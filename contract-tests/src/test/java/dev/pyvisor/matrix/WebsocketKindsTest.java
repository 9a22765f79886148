package dev.pyvisor.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Cell;
import dev.pyvisor.CellRun;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.Counts;
import dev.pyvisor.contract.Evidence;
import dev.pyvisor.contract.chaos.ChaosProxy;
import dev.pyvisor.contract.chaos.Cut.How;
import dev.pyvisor.contract.chaos.Fate;
import dev.pyvisor.contract.chaos.LinkMessage;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.Limit;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import dev.pyvisor.tool.Tool;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Whatever a message carries, and whenever around it the link is cut, it has its effect once. */
@Limit(seconds = 300, why = "a cell for each kind, each moment and each round")
@ExtendWith({Census.class, HangReport.class})
class WebsocketKindsTest {
  /** When the link is cut, as seen from one record. */
  private enum Moment {
    BEFORE_IT,
    IN_ITS_MIDDLE,
    BEHIND_IT_BEFORE_ITS_ACK,
    WITH_ITS_ACK_LOST,
    BEHIND_ITS_ACK
  }

  /** What makes the host and the runner say things of some kinds. */
  @FunctionalInterface
  private interface Scene {
    void play(WebsocketKindsTest test, SupervisorClient client) throws Exception;
  }

  private static final Map<Scene, List<String>> KINDS =
      Map.of(
          WebsocketKindsTest::aCell,
          List.of(
              "execute",
              "tool.call",
              "tool.result",
              "STDOUT",
              "STDERR",
              "cell.report",
              "execute.result"),
          WebsocketKindsTest::anInterrupt,
          List.of("interrupt", "interrupt.result", "tool.cancel"),
          WebsocketKindsTest::aVariable,
          List.of("variable.set", "variable.set.result", "variable.get", "variable.get.result"),
          WebsocketKindsTest::aSession,
          List.of(
              "session.open",
              "session.open.result",
              "tools.register",
              "tools.register.result",
              "session.close",
              "session.close.result"),
          WebsocketKindsTest::aReset,
          List.of("reset", "reset.result", "generation"),
          WebsocketKindsTest::muchOutput,
          List.of("CREDIT"));

  private final Tally tally = new Tally();
  private final Aim aim = new Aim();
  private final Semaphore held = new Semaphore(0);
  private int calls;
  private int sessions;
  private int ran;

  @Test
  void a_cut_around_a_message_of_any_kind_neither_loses_nor_doubles_what_it_does()
      throws Exception {
    Counts counts = Counts.of(1, 5, 50);
    Map<String, Integer> cuts = new TreeMap<>();
    try (ChaosProxy proxy = Proxied.aimed(aim);
        SupervisorClient client = client(proxy)) {
      for (int round = 0; round < counts.now(); round++) {
        for (Map.Entry<Scene, List<String>> kinds : KINDS.entrySet()) {
          for (String kind : kinds.getValue()) {
            for (Moment moment : Moment.values()) {
              arm(kind, moment, proxy.cuts() % 2 == 0 ? How.FIN : How.RST);
              int before = proxy.cuts();
              kinds.getKey().play(this, client);
              aCell(client);
              assertThat(proxy.cuts()).as("%s, cut %s", kind, moment).isEqualTo(before + 1);
              cuts.merge(kind, 1, Integer::sum);
            }
          }
        }
      }
      tally.readsOneForEachOf(calls);
    }
    Evidence.record(
        "a link cut before, in and behind a message, and behind its acknowledgement",
        List.of("F17"),
        "cuts by kind " + cuts + ", nothing lost and nothing doubled",
        counts);
  }

  @Test
  void tool_calls_are_made_once_and_answered_each_with_its_own_wherever_the_link_is_cut()
      throws Exception {
    Counts counts = Counts.of(4, 40, 400);
    try (ChaosProxy proxy = Proxied.aimed(aim);
        SupervisorClient client = client(proxy)) {
      for (int i = 0; i < counts.now(); i++) {
        for (String kind : List.of("tool.call", "tool.result")) {
          for (Moment moment :
              List.of(
                  Moment.BEFORE_IT, Moment.BEHIND_IT_BEFORE_ITS_ACK, Moment.WITH_ITS_ACK_LOST)) {
            arm(kind, moment, i % 2 == 0 ? How.FIN : How.RST);
            manyCalls(client);
          }
        }
      }
      assertThat(proxy.cuts()).isEqualTo(counts.now() * 6);
      tally.readsOneForEachOf(calls);
    }
    Evidence.record(
        "a link cut where a tool's call or result is sent, received or acknowledged",
        List.of("R7"),
        calls + " calls, each made once and answered with its own result",
        counts);
  }

  /** Cuts at the next record that carries it. */
  private void arm(String kind, Moment moment, How how) {
    aim.at(
        message -> message.carries(kind),
        record ->
            switch (moment) {
              case BEFORE_IT -> Fate.cutBefore(how);
              case IN_ITS_MIDDLE -> Fate.cutAfter((record.head() + record.size()) / 2, how);
              case BEHIND_IT_BEFORE_ITS_ACK -> Fate.cutBehind(how);
              case WITH_ITS_ACK_LOST -> atItsAck(record, Fate.cutBefore(how));
              case BEHIND_ITS_ACK -> atItsAck(record, Fate.cutBehind(how));
            });
  }

  private Fate atItsAck(LinkMessage record, Fate fate) {
    aim.at(
        answer -> answer.direction() != record.direction() && answer.ack() >= record.end(),
        answer -> fate);
    return Fate.PASSES;
  }

  private SupervisorClient client(ChaosProxy proxy) {
    Tool hold =
        Tool.of(
            "hold",
            (arguments, context) -> {
              held.release();
              new CountDownLatch(1).await(); // until its cell is interrupted
              return null;
            });
    return Proxied.by(proxy).tool(tally.tool()).tool(hold).open();
  }

  private void aCell(SupervisorClient client) {
    int key = calls++;
    Outcome outcome =
        client
            .session()
            .execute(
                Cell.of(
                        """
                        import sys
                        ran = globals().get('ran', 0) + 1
                        print('err', file=sys.stderr)
                        print('out', await tally(%d))
                        ran
                        """
                            .formatted(key))
                    .withValue());
    assertThat(outcome.error()).isEmpty();
    assertThat(outcome.stdoutText()).isEqualTo("out " + key + "\n");
    assertThat(outcome.stderrText()).isEqualTo("err\n");
    assertThat(outcome.value().orElseThrow().as(Integer.class)).isEqualTo(++ran);
  }

  private void manyCalls(SupervisorClient client) {
    int first = calls;
    calls += 8;
    Outcome outcome =
        client
            .session()
            .execute(
                ("import asyncio\nall = await asyncio.gather(*(tally(k, 'b' * 3000) for k in range(%d,"
                        + " %d)))\nprint([r.strip('b') for r in all], {len(r.strip('0123456789')) for"
                        + " r in all})")
                    .formatted(first, calls));
    assertThat(outcome.error()).isEmpty();
    List<String> keys =
        java.util.stream.IntStream.range(first, calls).mapToObj(k -> "'" + k + "'").toList();
    assertThat(outcome.stdoutText()).isEqualTo("[" + String.join(", ", keys) + "] {3000}\n");
  }

  private void anInterrupt(SupervisorClient client) throws Exception {
    CellRun run = client.session().start(Cell.of("await hold()").noTimeout());
    assertThat(held.tryAcquire(10, TimeUnit.SECONDS)).isTrue();
    run.interrupt();
    Outcome outcome = run.outcome().get(6, TimeUnit.SECONDS);
    assertThat(outcome.kind()).isEqualTo(OutcomeKind.INTERRUPTED);
    assertThat(outcome.state().preserved()).isTrue();
  }

  private void aVariable(SupervisorClient client) {
    client.session().set("handed", Map.of("number", calls));
    assertThat(client.session().get("handed").asJava()).isEqualTo(Map.of("number", (long) calls));
  }

  private void aSession(SupervisorClient client) {
    Session session = client.openSession("session-" + sessions++);
    assertThat(session.execute("print(len(await tally(%d)))".formatted(calls++)).ok()).isTrue();
    session.close();
  }

  private void aReset(SupervisorClient client) {
    int before = client.session().generation();
    client.session().reset();
    assertThat(client.session().generation()).isEqualTo(before + 1);
    ran = 0;
  }

  private void muchOutput(SupervisorClient client) {
    Outcome outcome =
        client
            .session()
            .execute(
                Cell.of("for i in range(300): print('z' * 9_999)").timeout(Duration.ofSeconds(30)));
    assertThat(outcome.stdoutText()).isEqualTo(("z".repeat(9_999) + "\n").repeat(300));
  }
}
