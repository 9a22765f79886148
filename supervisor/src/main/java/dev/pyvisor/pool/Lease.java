package dev.pyvisor.pool;

import dev.pyvisor.Session;

/**
 * A session that is nobody else's until it is given back. Closing it returns at once: behind it the
 * pool ends the session, with what runs in it, and makes a new one. Nothing of this one is seen by
 * whoever comes next.
 *
 * <p>Thread-safe: the pool guards what becomes of it.
 */
public final class Lease implements AutoCloseable {
  private final Slots slots;
  private final Slot slot;
  private final Member member;
  private final Session session;

  Lease(Slots slots, Slot slot, Member member) {
    this.slots = slots;
    this.slot = slot;
    this.member = member;
    this.session = member.session(); // the member's own is another's later
  }

  Member member() {
    return member;
  }

  /** The session; it is closed behind {@link #close} and {@link #discard}. */
  public Session session() {
    return session;
  }

  /**
   * Gives it back; the second time nothing happens. A cell that still runs is ended, and its tools
   * are interrupted. Where one of them does not heed that, the runner is replaced.
   */
  @Override
  public void close() {
    slots.giveBack(this, slot, false);
  }

  /**
   * Gives it back with its runner, which is ended at once, whatever its tools do, and replaced: for
   * whoever does not trust it.
   */
  public void discard() {
    slots.giveBack(this, slot, true);
  }
}
