package dev.pyvisor.pool;

import org.jspecify.annotations.Nullable;

/**
 * A place for a member.
 *
 * <p>Guarded by the {@link Slots} that it belongs to.
 */
final class Slot {
  /**
   * What its member does.
   *
   * <p>Immutable.
   */
  enum State {
    EMPTY,
    IDLE,
    LEASED,
    /** Something that takes time is done to it. */
    BUSY
  }

  State state = State.EMPTY;
  @Nullable Member member;
  @Nullable Lease lease;
  @Nullable String served; // the principal whom its runner has served; null: nobody yet
  long idleSince; // System.nanoTime
  long turn; // in which it became idle; the lowest is lent first
}
