package dev.pyvisor.transport.launch;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Starts every process, on one daemon thread that never ends: a parent-death signal follows the
 * thread that spawned, so a child that was started by a pool's thread would die with that thread.
 *
 * <p>Thread-safe: by its queue; whether its thread was started is guarded by this.
 */
public final class Spawner {
  /** The name of the one thread. */
  public static final String THREAD = "pyvisor-spawner";

  private static final Spawner ONE = new Spawner(work -> new Thread(work, THREAD));

  private final BlockingQueue<Runnable> orders = new LinkedBlockingQueue<>();
  private final ThreadFactory threads;
  private boolean works; // guarded by this

  /** {@code threads}: makes the thread, at the first start and until one has succeeded. */
  Spawner(ThreadFactory threads) {
    this.threads = threads;
  }

  /**
   * Starts a process.
   *
   * @throws IOException when it cannot be started, for whatever reason, or not within the limit;
   *     then it is killed as soon as it is there
   */
  public static Process start(ProcessBuilder builder, Duration limit) throws IOException {
    return ONE.started(builder, limit);
  }

  /** The same on the thread of this one. */
  Process started(ProcessBuilder builder, Duration limit) throws IOException {
    begin();
    CompletableFuture<Process> started = new CompletableFuture<>();
    orders.add(() -> run(builder, started));
    try {
      return started.get(limit.toNanos(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException problem) {
      throw problem.getCause() instanceof IOException io ? io : new IOException(problem.getCause());
    } catch (TimeoutException late) {
      giveUp(started);
      throw new IOException("the process was not started within " + limit);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      giveUp(started);
      throw new IOException("the thread was interrupted while a process was started");
    }
  }

  private synchronized void begin() throws IOException {
    if (works) {
      return;
    }
    try {
      Thread thread = threads.newThread(this::work);
      thread.setDaemon(true);
      thread.start();
      works = true;
    } catch (OutOfMemoryError noThread) {
      throw new IOException(noThread);
    }
  }

  private static void run(ProcessBuilder builder, CompletableFuture<Process> started) {
    try {
      Process process = builder.start();
      // The waiter races with its limit; who loses leaves a process that nobody wants.
      if (!started.complete(process)) {
        process.toHandle().destroyForcibly();
      }
    } catch (IOException | RuntimeException problem) {
      started.completeExceptionally(problem);
    } catch (Error problem) {
      try {
        StrayChild.of(builder).ifPresent(ProcessHandle::destroyForcibly);
      } finally {
        started.completeExceptionally(problem);
      }
    }
  }

  private static void giveUp(CompletableFuture<Process> started) {
    if (!started.cancel(false) && !started.isCompletedExceptionally()) {
      started.join().toHandle().destroyForcibly();
    }
  }

  private void work() {
    while (true) {
      try {
        orders.take().run();
      } catch (InterruptedException | RuntimeException | Error unheard) {
        // An order tells its waiter of what goes wrong, and nobody has a reason to interrupt this
        // thread; whatever it is, the thread must not end: its children would.
      }
    }
  }
}
