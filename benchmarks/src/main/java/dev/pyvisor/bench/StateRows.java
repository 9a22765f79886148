package dev.pyvisor.bench;

import dev.pyvisor.Cell;
import dev.pyvisor.CellListener;
import dev.pyvisor.CellRun;
import dev.pyvisor.CheckpointPolicy;
import dev.pyvisor.Session;
import dev.pyvisor.bench.Row.Yardstick;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutputChunk;
import dev.pyvisor.outcome.StateSource;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** What it costs to keep a session's state, and what it gives. */
final class StateRows {
  private static final int KILL_EVERY = 10;
  private static final String CHANGE = "changed = 1";

  private StateRows() {}

  static List<Row> all() {
    List<Row> rows = new ArrayList<>();
    for (Heap heap : Heap.values()) {
      String what = "checkpoint, " + heap.text() + ": ";
      rows.add(
          beside(
              "checkpoint-", what + "kernel's CPU time", heap, heap.work(), StateRows::cpuNanos));
      rows.add(
          beside(
              "felt-", what + "delay of a call at once", heap, heap.fork(), StateRows::nextCall));
    }
    for (Heap heap : List.of(Heap.SMALL, Heap.LARGE)) {
      rows.add(kill("kill-idle-", heap, "idle kernel until a cell completes", StateRows::killIdle));
      rows.add(
          kill("kill-cell-", heap, "kernel in a cell until its outcome", StateRows::killInCell));
    }
    rows.add(
        row(
            "branch",
            "branch of a session with " + Heap.MEDIUM.text(),
            Heap.MEDIUM,
            Heap.MEDIUM.fork(),
            Unit.NANOS,
            StateRows::branch));
    for (Heap heap : List.of(Heap.SMALL, Heap.OBJECTS)) {
      rows.add(
          row(
              "checkpoint-memory-" + heap.key(),
              "private memory of an idle checkpoint, " + heap.text(),
              heap,
              Yardstick.FORK_MEMORY,
              Unit.BYTES,
              StateRows::memory));
    }
    return List.copyOf(rows);
  }

  /** Does it once and returns the figure. */
  private interface Step {
    long run(Runner runner) throws Exception;
  }

  private static Row row(
      String key, String title, Heap heap, Yardstick yardstick, Unit unit, Step step) {
    int every = Math.max(heap.every(), KILL_EVERY);
    return new Row(
        key,
        "pyvisor: " + title,
        yardstick,
        unit,
        every,
        workbench -> {
          Runner runner = keeping(workbench, heap);
          return new Probe(runner, () -> step.run(runner));
        });
  }

  private static Row kill(String key, Heap heap, String title, Step step) {
    String what = "kill -9 of the " + title + ", " + heap.text();
    return row(key + heap.key(), what, heap, ForkRows.kill(heap), Unit.NANOS, step);
  }

  /** A row of how much more a step costs where the state is kept than where it is not. */
  private static Row beside(String key, String title, Heap heap, Yardstick yardstick, Step step) {
    return new Row(
        key + heap.key(),
        "pyvisor: " + title,
        yardstick,
        heap.every(),
        workbench -> {
          Runner keeping = keeping(workbench, heap);
          Runner plain =
              workbench.subject(
                  "plain",
                  Runner.class,
                  interpreter -> new Runner(interpreter, CheckpointPolicy.NEVER));
          return new Probe(keeping, () -> step.run(keeping) - step.run(plain));
        });
  }

  /** ALWAYS does what AUTO does, and goes on doing it on a machine that is slow for a while. */
  private static Runner keeping(Workbench workbench, Heap heap) throws Exception {
    heap.requireRoom(workbench);
    return workbench.subject(
        "keeping-" + heap.key(),
        Runner.class,
        interpreter -> Runner.holding(interpreter, CheckpointPolicy.ALWAYS, heap));
  }

  private static long cpuNanos(Runner runner) throws IOException {
    long kernel = runner.kernel();
    runner.settle();
    long before = Processes.nanosOnCore(kernel);
    runner.run(CHANGE);
    runner.settle();
    return Processes.nanosOnCore(kernel) - before;
  }

  private static long nextCall(Runner runner) throws IOException {
    runner.run(CHANGE);
    long begin = System.nanoTime();
    runner.settle();
    return System.nanoTime() - begin;
  }

  private static long killIdle(Runner runner) throws IOException {
    long kernel = runner.kernel();
    runner.settle();
    long begin = System.nanoTime();
    Processes.kill(kernel);
    Outcome outcome = runner.session().execute("heap[0]");
    // A cell that was on its way to the dead kernel died with it.
    for (int more = 1; !outcome.ok() && more < BenchLimits.ATTEMPTS; more++) {
      outcome = runner.session().execute("heap[0]");
    }
    long end = System.nanoTime();
    Runner.completed(outcome);
    return end - begin;
  }

  private static long killInCell(Runner runner) throws Exception {
    long kernel = runner.kernel();
    runner.settle();
    CompletableFuture<Boolean> running = new CompletableFuture<>();
    CellListener listener =
        new CellListener() {
          @Override
          public void onOutput(OutputChunk chunk) {
            running.complete(true);
          }
        };
    String code =
        "import time\nprint('it runs', flush=True)\ntime.sleep("
            + BenchLimits.LONG_CELL.toSeconds()
            + ")";
    CellRun run = runner.session().start(Cell.of(code).listener(listener));
    try {
      running.get(BenchLimits.OPERATION.toSeconds(), TimeUnit.SECONDS);
      long begin = System.nanoTime();
      Processes.kill(kernel);
      Outcome outcome = run.await();
      long end = System.nanoTime();
      Runner.expect(outcome.state().source() == StateSource.CHECKPOINT, outcome.toString());
      return end - begin;
    } finally {
      run.interrupt();
    }
  }

  private static long branch(Runner runner) throws IOException {
    runner.settle();
    long begin = System.nanoTime();
    Session branch = runner.session().branch("branch");
    try {
      return System.nanoTime() - begin;
    } finally {
      branch.close();
    }
  }

  private static long memory(Runner runner) throws IOException {
    long kernel = runner.kernel();
    runner.run(CHANGE);
    // Not asked for anything: what the kernel touches from now on is the copy's alone.
    Processes.awaitSleep(kernel);
    return runner.copyMemory();
  }
}
