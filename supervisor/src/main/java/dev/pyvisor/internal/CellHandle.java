package dev.pyvisor.internal;

import dev.pyvisor.outcome.Outcome;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * A started cell as its starter sees it.
 *
 * <p>Thread-safe: it holds no state of its own.
 */
public final class CellHandle {
  private final SessionCore session;
  private final CellOperation operation;

  CellHandle(SessionCore session, CellOperation operation) {
    this.session = session;
    this.operation = operation;
  }

  public int cell() {
    return operation.cell();
  }

  /** Withdraws or interrupts it; false when it has ended. Does not wait. */
  public boolean interrupt() {
    return session.interrupt(operation);
  }

  public CompletableFuture<Outcome> published() {
    return Futures.published(
        operation.result.thenApply(CellResult::outcome), session.link().callbacks());
  }

  public Outcome await() throws InterruptedException {
    try {
      return operation.result.get().outcome();
    } catch (ExecutionException impossible) {
      throw new AssertionError("a cell settles with an outcome", impossible);
    }
  }

  /** Waits; an interrupt ends the wait with an exception and is kept. */
  public Outcome awaitOrCancel() {
    return Futures.await(
            operation.result, () -> Futures.interrupted(session.runnerId(), operation.describe()))
        .outcome();
  }
}
