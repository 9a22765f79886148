package dev.pyvisor.bench.wedge;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * The broken forms, and several runs of each.
 *
 * <p>Thread-safe: immutable.
 */
final class Trials {
  private final Attempt attempt;
  private final int runs;

  Trials(Path python, Duration silence, int runs) {
    attempt = new Attempt(python, silence);
    this.runs = runs;
  }

  static List<Form> forms() {
    return List.of(
        InlineAnswers.form(), PolledReader.form(), UndrainedStderr.form(), WriteBeforeRead.form());
  }

  Trial broken(Form form, PipeSize pipes) throws InterruptedException {
    return atOnce(() -> attempt.run(form.mode(), form.broken(), pipes));
  }

  Trial repaired(Form form, PipeSize pipes) throws InterruptedException {
    return atOnce(() -> attempt.run(form.mode(), form.repaired(), pipes));
  }

  /** Side by side, since most of a wedge is waiting for nothing. */
  private Trial atOnce(Callable<Verdict> run) throws InterruptedException {
    ExecutorService threads = Executors.newFixedThreadPool(runs);
    try {
      List<Verdict> verdicts = new ArrayList<>();
      for (Future<Verdict> verdict : threads.invokeAll(Collections.nCopies(runs, run))) {
        verdicts.add(verdict.get());
      }
      return new Trial(verdicts);
    } catch (ExecutionException e) {
      throw new IllegalStateException("a run could not be watched to its end", e.getCause());
    } finally {
      threads.shutdownNow();
    }
  }
}
