package dev.pyvisor;

import dev.pyvisor.internal.CellHandle;
import dev.pyvisor.outcome.Outcome;
import java.util.concurrent.CompletableFuture;

/**
 * A cell that was started. It goes on whoever waits for it or stops waiting, until it ends or its
 * client is closed.
 *
 * <p>Thread-safe: it only reads.
 */
public final class CellRun {
  private final CellHandle handle;
  private final CompletableFuture<Outcome> outcome;

  CellRun(CellHandle handle) {
    this.handle = handle;
    this.outcome = handle.published();
  }

  /**
   * The outcome, when it is there: after the last call of the cell's listener has returned. It
   * never completes exceptionally. What hangs on it runs on the client's callback executor.
   * Cancelling it ends nothing but this future.
   */
  public CompletableFuture<Outcome> outcome() {
    return outcome;
  }

  /**
   * Waits for the outcome.
   *
   * @throws InterruptedException when this thread is interrupted; the cell goes on
   */
  public Outcome await() throws InterruptedException {
    return handle.await();
  }

  /** The cell's number in its session; 0 while it waits for its turn. */
  public int cell() {
    return handle.cell();
  }
}
