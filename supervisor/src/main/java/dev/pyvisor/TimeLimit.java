package dev.pyvisor;

import java.time.Duration;
import java.util.Optional;

/**
 * How long something may take, or that it may take for ever.
 *
 * <p>Immutable.
 *
 * @param duration from 1 ms to {@link #LONGEST}; empty: no limit
 */
public record TimeLimit(Optional<Duration> duration) {
  /** Beyond it, say that there is no limit. */
  public static final Duration LONGEST = Duration.ofDays(365);

  private static final TimeLimit NONE = new TimeLimit(Optional.empty());

  public TimeLimit {
    duration.ifPresent(limit -> checked("a time limit", limit, Duration.ofMillis(1)));
  }

  /**
   * A limit.
   *
   * @throws IllegalArgumentException when it is below 1 ms or above {@link #LONGEST}
   */
  public static TimeLimit of(Duration limit) {
    return new TimeLimit(Optional.of(limit));
  }

  /** For ever. */
  public static TimeLimit none() {
    return NONE;
  }

  /**
   * How long an interrupt may take.
   *
   * @throws IllegalArgumentException when it is negative or above {@link #LONGEST}
   */
  static Duration grace(Duration grace) {
    return checked("an interrupt's grace", grace, Duration.ZERO);
  }

  private static Duration checked(String what, Duration limit, Duration least) {
    if (limit.compareTo(least) < 0 || limit.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException(
          what + " must be from " + least.toMillis() + " ms to 365 days, not " + limit);
    }
    return limit;
  }
}
