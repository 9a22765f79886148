package dev.pyvisor.pool;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Ends what nobody has wanted for a while, by one alarm at a time, while there is any such member.
 *
 * <p>Guarded by this.
 */
final class Reaper {
  private final Duration idle;
  private final ScheduledExecutorService clock;
  private boolean set;

  Reaper(Duration idle, ScheduledExecutorService clock) {
    this.idle = idle;
    this.clock = clock;
  }

  /** A member of these has become idle. */
  synchronized void watch(Slots slots) {
    if (!set) {
      ring(slots);
    }
  }

  /** At the moment when the first of them will have been idle for long enough; not, for none. */
  private void ring(Slots slots) {
    Optional<Long> since = slots.idleSince();
    set = since.isPresent();
    since.ifPresent(first -> ring(slots, Math.max(0, first + idle.toNanos() - System.nanoTime())));
  }

  private void ring(Slots slots, long nanos) {
    try {
      clock.schedule(() -> look(slots), nanos, TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException closed) {
      // With the pool all its members are closed.
    }
  }

  private void look(Slots slots) {
    slots.reap(System.nanoTime() - idle.toNanos());
    synchronized (this) {
      ring(slots);
    }
  }
}
