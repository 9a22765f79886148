package dev.pyvisor.mcp.server;

import java.util.ArrayList;
import java.util.List;

/**
 * A request that is not answered yet, and what is to be done when its client takes it back.
 *
 * <p>Guarded by this.
 */
final class OpenCall {
  private final List<Runnable> actions = new ArrayList<>();
  private boolean cancelled;

  /** Whether nobody waits for its answer. */
  synchronized boolean cancelled() {
    return cancelled;
  }

  /** Runs the action when it is cancelled; at once if it is already. */
  void onCancel(Runnable action) {
    synchronized (this) {
      if (!cancelled) {
        actions.add(action);
        return;
      }
    }
    action.run();
  }

  void cancel() {
    List<Runnable> due;
    synchronized (this) {
      cancelled = true;
      due = List.copyOf(actions);
      actions.clear();
    }
    due.forEach(Runnable::run);
  }
}
