package dev.pyvisor.pool;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Ends what nobody has wanted for a while, by one alarm at a time: set when the first member
 * becomes idle, and again while there are any.
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
      set = true;
      ring(slots, idle.toNanos());
    }
  }

  private void ring(Slots slots, long nanos) {
    try {
      clock.schedule(() -> look(slots), nanos, TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException closed) {
      // With the pool all its members are closed.
    }
  }

  private void look(Slots slots) {
    long now = System.nanoTime();
    slots.reap(now - idle.toNanos());
    synchronized (this) {
      Optional<Long> since = slots.idleSince();
      set = since.isPresent();
      // Those that are kept warm stay idle for longer: looked at once in each such time.
      since.ifPresent(
          first -> {
            long left = first + idle.toNanos() - now;
            ring(slots, left > 0 ? left : idle.toNanos());
          });
    }
  }
}
