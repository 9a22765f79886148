package dev.pyvisor.transport.websocket;

/**
 * When to ask the other side whether it lives, and when to take the connection for dead. Time in
 * which this process itself did not run is not held against the other side.
 *
 * <p>Guarded by the link that owns it.
 */
final class Heartbeat {
  /**
   * What to do now.
   *
   * <p>Immutable.
   */
  enum Act {
    WAIT,
    PING,
    DEAD
  }

  private long heard;
  private long askedAt;
  private boolean asked;
  private boolean spared; // a late look was excused since something was heard
  private long deadAt;

  /** A connection begins, or something came in. */
  void heard(long now) {
    heard = now;
    asked = false;
    spared = false;
    deadAt = now + WebsocketLimits.DEAD.toNanos();
  }

  /** The next moment at which {@link #look} has something to say. */
  long wake() {
    return asked ? deadAt : heard + WebsocketLimits.QUIET.toNanos();
  }

  /** Whether an answer is awaited. */
  boolean asked() {
    return asked;
  }

  Act look(long now) {
    long late = now - wake();
    if (late < 0) {
      return Act.WAIT;
    }
    if (asked) {
      if (late <= WebsocketLimits.LATE.toNanos() || spared) {
        return Act.DEAD;
      }
      spared = true; // this process was stopped: what had come meanwhile is not yet read
    }
    asked = true;
    askedAt = now;
    deadAt = Math.max(deadAt, now + WebsocketLimits.QUIET.toNanos());
    return Act.PING;
  }

  /** Nanoseconds from the question to its answer. */
  long roundTrip(long now) {
    return now - askedAt;
  }
}
