package dev.pyvisor.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Cell;
import dev.pyvisor.CellRun;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.Counts;
import dev.pyvisor.contract.Evidence;
import dev.pyvisor.contract.Rule;
import dev.pyvisor.contract.chaos.ChaosProxy;
import dev.pyvisor.contract.chaos.Cut;
import dev.pyvisor.contract.chaos.Cut.Direction;
import dev.pyvisor.contract.chaos.Cut.How;
import dev.pyvisor.contract.chaos.Valve;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.Limit;
import dev.pyvisor.contract.load.Begun;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import dev.pyvisor.sabotage.PatchedRunner;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Whatever a probe says, a cell ends with its own end and all of its output, or with an error. */
@Limit(seconds = 60, why = "a runner is probed again and again")
@ExtendWith({Census.class, HangReport.class})
class WebsocketTruthTest {
  /** The bytes of the answer that makes a websocket of the connection. */
  private static final int ANSWER = 163;

  @TempDir Path folder;

  @Test
  void a_cell_that_ended_while_cut_off_is_whole_though_the_next_link_ends_behind_the_101()
      throws Exception {
    endedWhileCutOff(How.FIN);
  }

  @Test
  void a_cell_that_ended_while_cut_off_is_whole_though_the_next_link_is_reset_behind_the_101()
      throws Exception {
    endedWhileCutOff(How.RST);
  }

  private void endedWhileCutOff(How how) throws Exception {
    Valve valve = new Valve();
    Cut behindThe101 = new Cut(Direction.TO_HOST, ANSWER, how);
    try (ChaosProxy proxy = new ChaosProxy(n -> n == 2 ? valve.then(behindThe101) : valve);
        SupervisorClient client = Proxied.by(proxy).open()) {
      Probe probe = Probe.of(client, proxy.target());
      assertThat(probe.status().path("attached").asBoolean(false)).isTrue();
      Begun begun = new Begun();
      CellRun run =
          client
              .session()
              .start(
                  Cell.of("for i in range(20_000): print('line', i, 'é🙂')")
                      .noTimeout()
                      .listener(begun));
      begun.await();
      valve.shut();
      proxy.sever(How.RST);
      probe.awaitIdle(1);
      assertThat(run.outcome()).as("a probe completes no cell").isNotDone();
      JsonNode during = probe.status();
      assertThat(during.path("attached").asBoolean(true)).isFalse();
      long began = System.nanoTime();
      valve.open();
      Outcome outcome = run.outcome().get(10, TimeUnit.SECONDS);
      Duration took = Duration.ofNanos(System.nanoTime() - began);
      assertThat(outcome.error()).isEmpty();
      assertThat(outcome.ok()).isTrue();
      assertThat(outcome.stdoutText()).isEqualTo(Proxied.lines(20_000));
      assertThat(proxy.connections()).isEqualTo(3);
      assertThat(took).isLessThan(Duration.ofSeconds(1));
      JsonNode after = probe.status();
      assertThat(after.path("attached").asBoolean(false)).isTrue();
      assertThat(after.path("incarnation")).isEqualTo(during.path("incarnation"));
      assertThat(client.session().execute("print('and on')").stdoutText()).isEqualTo("and on\n");
      Evidence.record(
          "a cell that ended while cut off, the next connection cut behind its 101 by " + how,
          List.of("F1", "R26"),
          "whole %d ms after the link was back".formatted(took.toMillis()),
          Counts.always(1));
    }
  }

  @Test
  @Rule("LIF-19")
  void an_end_that_never_comes_though_the_runner_resumes_and_answers_is_an_error_with_its_status()
      throws Exception {
    Valve valve = new Valve();
    try (ChaosProxy proxy = Proxied.always(valve);
        SupervisorClient client =
            Proxied.by(proxy).payload(forgettingTheEndOfCell(2)).noCellTimeout().open()) {
      assertThat(client.session().execute("kept = 41").ok()).isTrue();
      Begun begun = new Begun();
      CellRun run =
          client
              .session()
              .start(Cell.of("print('some', kept)\nimport time\ntime.sleep(0.3)").listener(begun));
      begun.await();
      valve.shut();
      proxy.sever(How.FIN);
      Probe.of(client, proxy.target()).awaitIdle(2);
      assertThat(run.outcome()).as("a probe completes no cell").isNotDone();
      long began = System.nanoTime();
      valve.open();
      Outcome outcome = run.outcome().get(10, TimeUnit.SECONDS);
      Duration took = Duration.ofNanos(System.nanoTime() - began);
      assertThat(outcome.kind()).isEqualTo(OutcomeKind.UNKNOWN);
      assertThat(outcome.stdoutText()).isEqualTo("some 41\n");
      assertThat(outcome.cause().orElseThrow().kind()).isEqualTo("output_integrity");
      assertThat(outcome.cause().orElseThrow().text()).contains("\"state\":\"idle\"", "\"cell\":2");
      assertThat(took).isLessThan(Duration.ofSeconds(2));
      assertThat(client.session().execute("print(kept)").stdoutText()).isEqualTo("41\n");
      Evidence.record(
          "a runner that resumes and answers, and never tells a cell's end",
          List.of("R27"),
          "an error with its status %d ms after the link was back".formatted(took.toMillis()),
          Counts.always(1));
    }
  }

  /** A copy of ours that never sends the reply to the cell with this number. */
  private Path forgettingTheEndOfCell(int number) throws Exception {
    return PatchedRunner.in(
        folder.resolve("payload"),
        "sessions.py",
        """
        _say = Session._say_terminal
        def _forgets(self, cell, state):
            if cell.number == %d:
                self.state.cell = None
            else:
                _say(self, cell, state)
        Session._say_terminal = _forgets
        """
            .formatted(number));
  }
}
