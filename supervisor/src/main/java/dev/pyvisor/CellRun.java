package dev.pyvisor;

import dev.pyvisor.internal.CellHandle;
import dev.pyvisor.outcome.Outcome;
import java.util.concurrent.CompletableFuture;

/**
 * A cell that was started. It goes on whoever waits for it or stops waiting, until it ends, is
 * interrupted, reaches its deadline or its client is closed.
 *
 * <p>Thread-safe: every method may be called from any thread.
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
   * Cancelling it ends nothing but this future; {@link #interrupt} ends the cell.
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

  /**
   * Ends this cell and no other. One that has not been sent yet is withdrawn: its outcome is {@code
   * cancelled}. One that runs is interrupted: {@code KeyboardInterrupt} is raised in its code, the
   * state stays, and its outcome is {@code interrupted} unless the interrupt came too late or the
   * code caught it and went on to its end. Does not wait: the outcome tells what became of it. May
   * be called from the session's own tools and listeners.
   *
   * @return false when the cell had ended before
   */
  public boolean interrupt() {
    return handle.interrupt();
  }

  /** The same as {@link #interrupt}. */
  public boolean cancel() {
    return interrupt();
  }

  /** The cell's number in its session; 0 while it waits for its turn. */
  public int cell() {
    return handle.cell();
  }
}
