package dev.pyvisor.mcp.server;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Begins the calls to one session in the order in which they came, and those to several at the same
 * time: two cells that a client sends one after the other must not change places.
 *
 * <p>Guarded by this; what is begun runs without the lock.
 */
final class Turns {
  private final Executor threads;
  private final Map<Key, Queue<Runnable>> waiting = new HashMap<>();

  Turns(Executor threads) {
    this.threads = threads;
  }

  private record Key(Workbench bench, String session) {}

  /**
   * Begins it after those before it.
   *
   * @throws RejectedExecutionException when nothing more can be begun
   */
  void execute(Workbench bench, String session, Runnable work) {
    Key key = new Key(bench, session);
    synchronized (this) {
      Queue<Runnable> behind = waiting.get(key);
      if (behind != null) {
        behind.add(work);
        return;
      }
      // Within the lock, so that nobody comes to wait for one that is refused.
      threads.execute(() -> work(key, work));
      waiting.put(key, new ArrayDeque<>());
    }
  }

  private void work(Key key, Runnable first) {
    for (Runnable next = first; next != null; next = next(key)) {
      next.run();
    }
  }

  private synchronized @Nullable Runnable next(Key key) {
    Runnable next = waiting.get(key).poll();
    if (next == null) {
      waiting.remove(key);
    }
    return next;
  }
}
