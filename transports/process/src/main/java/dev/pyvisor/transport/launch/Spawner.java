package dev.pyvisor.transport.launch;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Starts every process, on one daemon thread that never ends: a parent-death signal follows the
 * thread that spawned, so a child that was started by a pool's thread would die with that thread.
 *
 * <p>Thread-safe: by its queue.
 */
public final class Spawner {
  /** The name of the one thread. */
  public static final String THREAD = "pyvisor-spawner";

  private static final BlockingQueue<Runnable> ORDERS = new LinkedBlockingQueue<>();

  static {
    Thread thread = new Thread(Spawner::work, THREAD);
    thread.setDaemon(true);
    thread.start();
  }

  private Spawner() {}

  /**
   * Starts a process.
   *
   * @throws IOException when it cannot be started, or not within the limit; then it is killed as
   *     soon as it is there
   */
  public static Process start(ProcessBuilder builder, Duration limit) throws IOException {
    CompletableFuture<Process> started = new CompletableFuture<>();
    ORDERS.add(
        () -> {
          try {
            Process process = builder.start();
            // The waiter races with its limit; who loses leaves a process that nobody wants.
            if (!started.complete(process)) {
              process.toHandle().destroyForcibly();
            }
          } catch (IOException | RuntimeException problem) {
            started.completeExceptionally(problem);
          }
        });
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

  private static void giveUp(CompletableFuture<Process> started) {
    if (!started.cancel(false) && !started.isCompletedExceptionally()) {
      started.join().toHandle().destroyForcibly();
    }
  }

  private static void work() {
    while (true) {
      try {
        ORDERS.take().run();
      } catch (InterruptedException e) {
        // Nobody has a reason to interrupt it, and it must not end: its children would.
      }
    }
  }
}
