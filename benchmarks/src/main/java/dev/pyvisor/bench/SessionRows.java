package dev.pyvisor.bench;

import dev.pyvisor.CheckpointPolicy;
import dev.pyvisor.Session;
import dev.pyvisor.bench.Row.Yardstick;
import java.io.IOException;
import java.util.List;
import java.util.Locale;

/** What a session costs, and what its cells cost with checkpoints and without. */
final class SessionRows {
  private static final int OPEN_EVERY = 5;
  private static final int CELLS_EVERY = 5;

  private SessionRows() {}

  static List<Row> all() {
    return List.of(
        cells(CheckpointPolicy.AUTO, false),
        cells(CheckpointPolicy.NEVER, false),
        cells(CheckpointPolicy.AUTO, true),
        cells(CheckpointPolicy.NEVER, true),
        opening(
            "session", "new session, opened", Yardstick.PYTHON_START, Unit.NANOS, Opening::open),
        opening(
            "session-cell",
            "new session, until its first cell has answered",
            Yardstick.PYTHON_START,
            Unit.NANOS,
            Opening::untilFirstCell),
        opening(
            "session-memory",
            "private memory of an idle session without checkpoint",
            Yardstick.FORK_MEMORY,
            Unit.BYTES,
            Opening::memory));
  }

  private static Row cells(CheckpointPolicy policy, boolean paused) {
    String how = paused ? BenchLimits.PAUSE.toMillis() + " ms apart" : "back to back";
    return new Row(
        "cells-" + policy.wireName() + (paused ? "-paused" : ""),
        "pyvisor: empty cell, " + how + ", checkpoints " + policy.name().toLowerCase(Locale.ROOT),
        Yardstick.ECHO,
        CELLS_EVERY,
        workbench -> {
          Runner runner = runner(workbench, policy);
          return new Probe(runner, () -> mean(runner, paused));
        });
  }

  private static long mean(Runner runner, boolean paused) throws Exception {
    long sum = 0;
    for (int cell = 0; cell < BenchLimits.CELLS_IN_A_ROW; cell++) {
      if (paused) {
        Thread.sleep(BenchLimits.PAUSE.toMillis());
      }
      long begin = System.nanoTime();
      runner.run("");
      sum += System.nanoTime() - begin;
    }
    return sum / BenchLimits.CELLS_IN_A_ROW;
  }

  /** What is measured of a session that is opened for it; the time of its end is nobody's. */
  private interface Opening {
    long measure(Session session, long begin) throws Exception;

    static long open(Session session, long begin) {
      return System.nanoTime() - begin;
    }

    static long untilFirstCell(Session session, long begin) throws IOException {
      Runner.run(session, "");
      return System.nanoTime() - begin;
    }

    static long memory(Session session, long begin) throws IOException {
      return Processes.privateBytes(Runner.kernel(session));
    }
  }

  private static Row opening(
      String key, String title, Yardstick yardstick, Unit unit, Opening opening) {
    return new Row(
        key,
        "pyvisor: " + title,
        yardstick,
        unit,
        OPEN_EVERY,
        workbench -> {
          CheckpointPolicy policy =
              unit == Unit.BYTES ? CheckpointPolicy.NEVER : CheckpointPolicy.AUTO;
          Runner runner = runner(workbench, policy);
          return new Probe(
              runner,
              () -> {
                long begin = System.nanoTime();
                Session session = runner.client().openSession("measured");
                try {
                  return opening.measure(session, begin);
                } finally {
                  session.close();
                }
              });
        });
  }

  private static Runner runner(Workbench workbench, CheckpointPolicy policy) throws Exception {
    return workbench.subject(
        "sessions-" + policy.wireName(),
        Runner.class,
        interpreter -> new Runner(interpreter, policy));
  }
}
