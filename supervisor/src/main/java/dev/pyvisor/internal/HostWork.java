package dev.pyvisor.internal;

import java.util.concurrent.CompletableFuture;

/**
 * The tool calls of a session whose Java code runs, also of cells that have ended: a tool may take
 * its time to heed its interrupt.
 *
 * <p>Guarded by this; what waits is completed outside.
 */
public final class HostWork {
  private int running;
  private CompletableFuture<Void> done = CompletableFuture.completedFuture(null);

  synchronized void begin() {
    if (running++ == 0) {
      done = new CompletableFuture<>();
    }
  }

  void end() {
    CompletableFuture<Void> over;
    synchronized (this) {
      running--;
      if (running > 0) {
        return;
      }
      over = done;
    }
    over.complete(null);
  }

  public synchronized int running() {
    return running;
  }

  /** Completes when none runs, on the thread of the last one. */
  public synchronized CompletableFuture<Void> done() {
    return done.copy();
  }
}
