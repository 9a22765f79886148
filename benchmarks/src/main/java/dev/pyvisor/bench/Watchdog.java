package dev.pyvisor.bench;

import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * Ends an operation that takes too long, so that a measurement never waits for ever.
 *
 * <p>Thread-safe: immutable.
 */
final class Watchdog implements AutoCloseable {
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "bench-watchdog");
            thread.setDaemon(true);
            return thread;
          });

  /** Runs the probe once; its subject is aborted when that exceeds the limit. */
  long once(Probe probe) throws Exception {
    ScheduledFuture<?> bite =
        timer.schedule(
            probe.subject()::abort, BenchLimits.OPERATION.toMillis(), TimeUnit.MILLISECONDS);
    try {
      return probe.operation().once();
    } finally {
      bite.cancel(false);
    }
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
