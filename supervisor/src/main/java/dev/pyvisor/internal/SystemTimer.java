package dev.pyvisor.internal;

import dev.pyvisor.transport.ThreadJob;
import dev.pyvisor.transport.ThreadRoster;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The system's clock; its thread starts with the first alarm.
 *
 * <p>Thread-safe: by its executor.
 */
final class SystemTimer implements Timer {
  private static final Alarm SILENT = () -> {};

  private final ScheduledThreadPoolExecutor executor;

  SystemTimer(ThreadRoster threads) {
    executor = new ScheduledThreadPoolExecutor(1, threads.factory(ThreadJob.TIMER));
    executor.setRemoveOnCancelPolicy(true);
    executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
  }

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  @Override
  public Alarm after(Duration delay, Runnable task) {
    try {
      Future<?> alarm = executor.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
      return () -> alarm.cancel(false);
    } catch (RejectedExecutionException stopped) {
      return SILENT;
    }
  }

  @Override
  public void stop() {
    executor.shutdownNow();
  }
}
