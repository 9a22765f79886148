package dev.pyvisor.internal;

import dev.pyvisor.Defaults;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The file work of one session: so much at a time, the rest in the order in which it came.
 *
 * <p>Guarded by this.
 */
final class TransferQueue {
  /** Whose work the current thread does: it cannot wait for more, which may wait for it. */
  private static final ThreadLocal<@Nullable TransferQueue> RUNNING = new ThreadLocal<>();

  private final Deque<Runnable> waiting = new ArrayDeque<>();
  private int running;

  /** False where too much waits already. The work does not throw. */
  boolean submit(Runnable work, Executor threads) {
    synchronized (this) {
      if (running >= Defaults.TRANSFERS_AT_ONCE) {
        return waiting.size() < Defaults.QUEUED_OPERATIONS && waiting.add(work);
      }
      running++;
    }
    threads.execute(() -> runAndGoOn(work));
    return true;
  }

  /** Whether it is asked by a listener of what it runs. */
  boolean runsHere() {
    return RUNNING.get() == this;
  }

  private void runAndGoOn(Runnable first) {
    RUNNING.set(this);
    try {
      for (Runnable work = first; work != null; work = next()) {
        work.run();
      }
    } finally {
      RUNNING.remove();
    }
  }

  private synchronized @Nullable Runnable next() {
    Runnable next = waiting.poll();
    if (next == null) {
      running--;
    }
    return next;
  }
}
