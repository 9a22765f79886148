package dev.pyvisor.tool;

import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The threads that tools run on: as many as are needed up to the limit, then calls wait. How many
 * may wait is bounded where calls are let in.
 *
 * <p>Thread-safe: by the executor.
 */
public final class ToolPool {
  private static final long IDLE_SECONDS = 10;

  private final ThreadPoolExecutor executor;

  public ToolPool(int threads, ThreadFactory factory) {
    executor =
        new ThreadPoolExecutor(
            threads, threads, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), factory);
    executor.allowCoreThreadTimeOut(true);
  }

  public Future<?> submit(Runnable call) {
    return executor.submit(call);
  }

  /** Interrupts the call where it runs, and keeps nothing of it where it waits. */
  public void cancel(Future<?> call) {
    call.cancel(true);
    if (call instanceof Runnable waiting) {
      executor.remove(waiting);
    }
  }

  /** Interrupts what runs, forgets what waits. Does not wait for a tool that ignores it. */
  public void close() {
    executor.shutdownNow();
  }
}
