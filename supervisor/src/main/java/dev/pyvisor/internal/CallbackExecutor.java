package dev.pyvisor.internal;

import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * The user's executor, and threads of the client's own for what it refuses: whatever is handed over
 * here is run, for somebody waits for what it settles.
 *
 * <p>Immutable.
 */
final class CallbackExecutor implements Executor {
  private final Executor users;
  private final Executor own;

  /** {@code own}: refuses nothing. */
  CallbackExecutor(Executor users, Executor own) {
    this.users = users;
    this.own = own;
  }

  @Override
  public void execute(Runnable task) {
    try {
      users.execute(task);
    } catch (RejectedExecutionException refused) {
      own.execute(task);
    }
  }
}
