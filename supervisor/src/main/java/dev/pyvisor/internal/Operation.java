package dev.pyvisor.internal;

import dev.pyvisor.error.Delivery;
import dev.pyvisor.error.RunnerException;
import dev.pyvisor.wire.Message;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One thing that a session does in its turn.
 *
 * <p>Thread-safe: what it carries is written once, by who gives it the turn.
 */
abstract class Operation implements PendingCall {
  private final long openedNanos = System.nanoTime();

  /** Whether its turn has come; set by the turn, under its lock. */
  volatile boolean begun;

  /**
   * Completes when it does not have, and will not get, the turn: the next one can begin. Who else
   * hears of its end may hear of it later.
   */
  final CompletableFuture<Void> through = new CompletableFuture<>();

  /** What was handed to the outbox; set once, by who gave it the turn. */
  volatile @Nullable Outgoing outgoing;

  /** The id of its request; set once, by who gave it the turn. */
  volatile @Nullable String id;

  @Override
  public long openedNanos() {
    return openedNanos;
  }

  @Override
  public @Nullable Outgoing outgoing() {
    return outgoing;
  }

  /** Why the runner was taken for hung over it; null where it was not. */
  volatile @Nullable String overdue;

  /** Bytes that it keeps while it waits. */
  abstract long cost();

  /** Its turn has come; {@code cell}: as for its message. */
  abstract void starts(int cell);

  /**
   * The request, under this id; once, when its turn has come. {@code cell}: its number if it is a
   * cell.
   */
  abstract Message message(long requestId, int cell, int number);

  /** Whether it takes a cell number and has output. */
  abstract boolean isCell();

  /** How long the runner may take for it at most, once it has it; empty: for ever. */
  abstract Optional<Duration> limit();

  /** Whether the runner may be late because this side has not taken what it said. */
  boolean waitsForHost() {
    return false;
  }

  /** No byte of its request is kept any more; {@code written}: it is on its way to the runner. */
  void left(boolean written) {}

  /** Ends it, after what it has already output was delivered. Any thread. The first end counts. */
  abstract void fail(RunnerException verdict, Delivery delivery);

  /** Ends it now, whatever listeners are doing. Any thread. The first end counts. */
  abstract void abandon(RunnerException verdict, Delivery delivery);
}
