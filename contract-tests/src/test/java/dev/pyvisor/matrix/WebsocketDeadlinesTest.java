package dev.pyvisor.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Cell;
import dev.pyvisor.CellRun;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.Counts;
import dev.pyvisor.contract.Evidence;
import dev.pyvisor.contract.chaos.ChaosProxy;
import dev.pyvisor.contract.chaos.Cut.How;
import dev.pyvisor.contract.chaos.Fate;
import dev.pyvisor.contract.chaos.Valve;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.Limit;
import dev.pyvisor.contract.load.Begun;
import dev.pyvisor.contract.load.Latencies;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Deadlines and interrupts where the link is cut: each cell ends once, as it should, in time. */
@Limit(seconds = 600, why = "hundreds of cells where everything is run")
@ExtendWith({Census.class, HangReport.class})
class WebsocketDeadlinesTest {
  /** Says that it runs by one write, for an interrupt may come between two. */
  private static final String LOOPS =
      "print('in', end='')\nimport time\nwhile True: time.sleep(0.01)";

  private final Aim aim = new Aim();

  @Test
  void an_interrupt_at_the_moment_of_a_cut_ends_its_cell_once_and_no_other() throws Exception {
    Counts counts = Counts.of(10, 60, 300);
    Latencies times = new Latencies();
    try (ChaosProxy proxy = Proxied.aimed(aim);
        SupervisorClient client = Proxied.by(proxy).open()) {
      client.session().execute("kept = 41");
      for (int i = 0; i < counts.now(); i++) {
        How how = i % 2 == 0 ? How.FIN : How.RST;
        int moment = i % 5;
        CellRun run = begin(client, Cell.of(LOOPS).noTimeout());
        aim.at(
            message -> message.carries(moment < 3 ? "interrupt" : "execute.result"),
            message ->
                switch (moment) {
                  case 0, 3 -> Fate.cutBefore(how);
                  case 1 -> Fate.cutAfter(message.size() / 2, how);
                  default -> Fate.cutBehind(how);
                });
        CellRun next = client.session().start(Cell.of("print('next', kept)"));
        long began = System.nanoTime();
        assertThat(run.cancel()).isTrue();
        Outcome outcome = run.outcome().get(6, TimeUnit.SECONDS);
        times.add(Duration.ofNanos(System.nanoTime() - began));
        assertThat(outcome.kind()).isEqualTo(OutcomeKind.INTERRUPTED);
        assertThat(outcome.stdoutText()).isEqualTo("in");
        assertThat(outcome.state().preserved()).isTrue();
        Outcome after = next.outcome().get(6, TimeUnit.SECONDS);
        assertThat(after.kind()).isEqualTo(OutcomeKind.COMPLETED);
        assertThat(after.stdoutText()).isEqualTo("next 41\n");
        assertThat(proxy.cuts()).isEqualTo(i + 1);
      }
    }
    Evidence.record(
        "interrupts at the moment of a cut",
        List.of("R35"),
        "each cell interrupted once, none that it was not meant for; until the outcome "
            + times.summary(),
        counts);
  }

  @Test
  void a_deadline_that_passes_while_the_link_is_cut_is_told_when_it_is_back() throws Exception {
    Counts counts = Counts.of(3, 20, 100);
    Latencies times = new Latencies();
    Valve valve = new Valve();
    try (ChaosProxy proxy = Proxied.always(valve);
        SupervisorClient client = Proxied.by(proxy).open()) {
      Probe probe = Probe.of(client, proxy.target());
      for (int i = 0; i < counts.now(); i++) {
        CellRun run = begin(client, Cell.of(LOOPS).timeout(Duration.ofMillis(200)));
        valve.shut();
        proxy.sever(i % 2 == 0 ? How.FIN : How.RST);
        probe.awaitIdle(run.cell()); // the runner's own clock has ended it
        long began = System.nanoTime();
        valve.open();
        Outcome outcome = run.outcome().get(6, TimeUnit.SECONDS);
        times.add(Duration.ofNanos(System.nanoTime() - began));
        assertThat(outcome.kind()).isEqualTo(OutcomeKind.TIMED_OUT);
        assertThat(outcome.stdoutText()).isEqualTo("in");
        assertThat(outcome.elapsed()).isLessThan(Duration.ofSeconds(2));
        assertThat(outcome.generation()).isEqualTo(1);
        assertThat(client.session().execute("print('goes on')").stdoutText())
            .isEqualTo("goes on\n");
      }
      assertThat(times.max()).isLessThan(Duration.ofSeconds(6));
    }
    Evidence.record(
        "deadlines that pass while the link is cut",
        List.of("R35"),
        "each cell timed out once; from the healing to the outcome " + times.summary(),
        counts);
  }

  private static CellRun begin(SupervisorClient client, Cell cell) throws InterruptedException {
    Begun begun = new Begun();
    CellRun run = client.session().start(cell.listener(begun));
    begun.await();
    return run;
  }
}
