package dev.pyvisor.internal;

import java.time.Duration;

/**
 * A point in time by which something must have happened.
 *
 * <p>Immutable.
 */
public record Deadline(Timer timer, long atNanos, Duration span) {

  public static Deadline in(Timer timer, Duration span) {
    return new Deadline(timer, timer.nanoTime() + span.toNanos(), span);
  }

  /** What is left of it; never negative. */
  public Duration left() {
    return Duration.ofNanos(Math.max(0, atNanos - timer.nanoTime()));
  }
}
