package dev.pyvisor.transport.websocket;

import java.util.function.LongUnaryOperator;

/**
 * How long to wait before the next attempt to dial. The first retry is made at once; each further
 * one waits for a random part of a time that doubles. A link that was of use begins anew: one that
 * is accepted and cut again and again is not.
 *
 * <p>Guarded by the link that owns it.
 */
final class Backoff {
  private final LongUnaryOperator random; // a number below its argument
  private int attempts; // since the link was last of use
  private boolean attached;
  private long since;
  private long progress;

  Backoff(LongUnaryOperator random) {
    this.random = random;
  }

  /** Attached now, with so many bytes taken over in both directions. */
  void attached(long now, long progress) {
    this.attached = true;
    this.since = now;
    this.progress = progress;
  }

  /** The attempt failed, or the connection is gone: nanoseconds until the next attempt. */
  long pause(long now, long progressed) {
    if (attached && (progressed > progress || now - since >= WebsocketLimits.STABLE.toNanos())) {
      attempts = 0;
    }
    attached = false;
    int attempt = attempts++;
    if (attempt == 0) {
      return 0;
    }
    long longest = WebsocketLimits.LONGEST_PAUSE.toNanos();
    int doublings = Math.min(attempt - 1, WebsocketLimits.DOUBLINGS);
    long limit = Math.min(longest, WebsocketLimits.FIRST_PAUSE.toNanos() << doublings);
    // Jitter: hosts that were cut together must not come back together.
    return random.applyAsLong(limit);
  }

  /** The runner goes away by its own will: what follows is no failure of the link. */
  void excused() {
    attempts = 0;
  }
}
