package dev.pyvisor.tool;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The threads that tools run on. An idle thread is used before another is made, which the JDK's
 * pools do only without a limit or without a queue; beyond the limit calls wait in their order. How
 * many may wait is bounded where calls are let in.
 *
 * <p>Guarded by this.
 */
public final class ToolPool {
  private static final long IDLE_SECONDS = 10;

  private final int limit;
  private final ThreadPoolExecutor threads;
  private final Deque<FutureTask<?>> waiting = new ArrayDeque<>();
  private int running;
  private boolean closed;

  /** {@code limit}: how many tools run at once. */
  public ToolPool(int limit, ThreadFactory factory) {
    this.limit = limit;
    // As many threads as calls run, which is what is limited here.
    this.threads =
        new ThreadPoolExecutor(
            0,
            Integer.MAX_VALUE,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            factory);
  }

  /**
   * Has a call run. Returns at once.
   *
   * @throws RejectedExecutionException when the pool is closed
   */
  public Future<?> submit(Runnable call) {
    FutureTask<?> task = new FutureTask<>(call, null);
    if (begins(task)) {
      try {
        threads.execute(() -> runFrom(task));
      } catch (OutOfMemoryError noThread) {
        waitInstead(task, noThread);
      }
    }
    return task;
  }

  /** The machine gives no more threads: those that there are take the call, if there is one. */
  private synchronized void waitInstead(FutureTask<?> task, Throwable reason) {
    running--;
    if (running == 0) {
      throw new RejectedExecutionException("no thread can be made for a tool", reason);
    }
    waiting.add(task);
  }

  /** Interrupts the call where it runs, and keeps nothing of it where it waits. */
  public void cancel(Future<?> call) {
    call.cancel(true);
    synchronized (this) {
      waiting.remove(call);
    }
  }

  /** Interrupts what runs, forgets what waits. Does not wait for a tool that ignores it. */
  public void close() {
    synchronized (this) {
      closed = true;
      waiting.clear();
    }
    threads.shutdownNow();
  }

  private synchronized boolean begins(FutureTask<?> task) {
    if (closed) {
      throw new RejectedExecutionException("the tool threads are closed");
    }
    if (running < limit) {
      running++;
      return true;
    }
    waiting.add(task);
    return false;
  }

  private void runFrom(FutureTask<?> first) {
    for (FutureTask<?> task = first; task != null; task = next()) {
      task.run();
      if (!threads.isShutdown()) {
        Thread.interrupted(); // one call's cancel must not be the next one's
      }
    }
  }

  private synchronized @Nullable FutureTask<?> next() {
    FutureTask<?> task = waiting.poll();
    if (task == null) {
      running--;
    }
    return task;
  }
}
