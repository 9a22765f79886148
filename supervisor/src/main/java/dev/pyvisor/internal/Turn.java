package dev.pyvisor.internal;

import dev.pyvisor.Defaults;
import dev.pyvisor.error.RunnerException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Whose turn it is in a session: one operation at a time (LIF-2), the others wait in their order.
 *
 * <p>Guarded by this.
 */
final class Turn {
  private final IntSupplier cellNumbers;
  private final Deque<Operation> waiting = new ArrayDeque<>();
  private @Nullable Operation current;
  private @Nullable RunnerException verdict;

  Turn(IntSupplier cellNumbers) {
    this.cellNumbers = cellNumbers;
  }

  /**
   * Whether an operation may wait.
   *
   * <p>Immutable.
   */
  enum Entry {
    TAKEN,
    FULL,
    CLOSED
  }

  synchronized Entry enter(Operation operation) {
    if (verdict != null) {
      return Entry.CLOSED;
    }
    if (waiting.size() >= Defaults.QUEUED_OPERATIONS) {
      return Entry.FULL;
    }
    waiting.add(operation);
    return Entry.TAKEN;
  }

  /**
   * An operation whose turn has come, with its cell number.
   *
   * <p>Immutable.
   */
  record Next(Operation operation, int cell) {}

  /** The next one, where nobody has the turn; then it has it. */
  synchronized @Nullable Next next() {
    if (current != null || verdict != null) {
      return null;
    }
    Operation next = waiting.poll();
    if (next == null) {
      return null;
    }
    current = next;
    next.begun = true;
    return new Next(next, next.isCell() ? cellNumbers.getAsInt() : 0);
  }

  /** The operation is through; false when it did not have the turn. */
  synchronized boolean end(Operation operation) {
    if (current != operation) {
      return false;
    }
    current = null;
    return true;
  }

  /** Takes an operation out that still waits. */
  synchronized boolean withdraw(Operation operation) {
    return waiting.remove(operation);
  }

  synchronized @Nullable Operation current() {
    return current;
  }

  synchronized @Nullable RunnerException verdict() {
    return verdict;
  }

  /**
   * What was here when the session ended.
   *
   * <p>Immutable.
   */
  record Orphans(@Nullable Operation current, List<Operation> waiting) {}

  /** Nobody gets a turn any more. The first verdict counts. */
  synchronized Orphans condemn(RunnerException found) {
    if (verdict != null) {
      return new Orphans(null, List.of());
    }
    verdict = found;
    Orphans orphans = new Orphans(current, new ArrayList<>(waiting));
    current = null;
    waiting.clear();
    return orphans;
  }

  /** What waits, for a report of what hangs. */
  synchronized List<Operation> waiting() {
    return List.copyOf(waiting);
  }

  synchronized String evidence() {
    return "current="
        + (current == null ? "none" : current.describe())
        + " waiting="
        + waiting.size();
  }
}
