package dev.pyvisor.bench.wedge;

import dev.pyvisor.bench.BenchOptions.Phase;
import dev.pyvisor.bench.python.BusyLoops;
import dev.pyvisor.bench.python.Interpreter;
import dev.pyvisor.bench.python.MachineFacts;
import dev.pyvisor.bench.wedge.WedgeReport.Calls;
import dev.pyvisor.bench.wedge.WedgeReport.FormResult;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The work behind {@code pyvisor bench wedge}. */
public final class WedgeSuite {
  private final WedgeOptions options;
  private final Path python;
  private final WedgePage page;
  private final List<FormResult> forms = new ArrayList<>();
  private final List<LostWakeUps> lost = new ArrayList<>();
  private final List<Calls> ours = new ArrayList<>();

  private WedgeSuite(WedgeOptions options, Path python, WedgePage page) {
    this.options = options;
    this.python = python;
    this.page = page;
  }

  /**
   * Tries every form, prints what it sees to {@code out} and returns it. Every conversation is
   * ended by force when nothing moves in it; no process, thread or file is left.
   *
   * @throws IllegalArgumentException when the interpreter is none
   */
  public static WedgeReport run(WedgeOptions options, PrintStream out)
      throws IOException, InterruptedException {
    Interpreter interpreter = Interpreter.find(options.python());
    MachineFacts machine = MachineFacts.of(interpreter);
    WedgePage page = new WedgePage(out);
    page.head(machine.line(), options);
    WedgeSuite suite = new WedgeSuite(options, interpreter.path(), page);
    suite.tryForms();
    suite.countLostWakeUps();
    suite.runOurs();
    return new WedgeReport(machine, suite.forms, suite.lost, suite.ours);
  }

  private void tryForms() throws InterruptedException {
    Trials trials = new Trials(python, options.silence(), options.runs());
    for (Form form : Trials.forms()) {
      for (PipeSize pipes : PipeSize.values()) {
        FormResult result =
            new FormResult(
                form.key(),
                form.title(),
                pipes,
                trials.broken(form, pipes),
                trials.repaired(form, pipes));
        forms.add(result);
        page.form(result);
      }
    }
  }

  private void countLostWakeUps() throws IOException {
    page.lostHead();
    inPhases(
        (phase, busyLoops) -> {
          LostWakeUps result = LostWakeUps.measure(python, phase, options.pairs());
          lost.add(result);
          page.lost(result, busyLoops);
        });
  }

  private void runOurs() throws IOException {
    page.oursHead();
    inPhases(
        (phase, busyLoops) -> {
          for (PipeSize pipes : PipeSize.values()) {
            try (SmallPipes wrapper = new SmallPipes(python, pipes);
                OurCalls client = new OurCalls(wrapper.python())) {
              runOurs(client, phase, pipes, busyLoops);
            }
          }
        });
  }

  private void runOurs(OurCalls client, Phase phase, PipeSize pipes, int busyLoops)
      throws IOException {
    for (OurCalls.Way way : OurCalls.Way.values()) {
      for (OurCalls.Order order : OurCalls.Order.values()) {
        Calls calls =
            Calls.of(phase, pipes, way + ", " + order, client.calls(way, order, options.rounds()));
        ours.add(calls);
        page.ours(calls, busyLoops);
      }
    }
  }

  /** What is done once in each phase that was asked for. */
  private interface InPhase {
    void run(Phase phase, int busyLoops) throws IOException;
  }

  private void inPhases(InPhase work) throws IOException {
    if (options.phases().contains(Phase.IDLE)) {
      work.run(Phase.IDLE, 0);
    }
    if (options.phases().contains(Phase.BUSY)) {
      try (BusyLoops busy = BusyLoops.start(python)) {
        work.run(Phase.BUSY, busy.count());
      }
    }
  }
}
