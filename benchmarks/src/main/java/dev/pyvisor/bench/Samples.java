package dev.pyvisor.bench;

import java.util.Arrays;

/**
 * Durations in nanoseconds and what they come to.
 *
 * <p>Confined to the measuring thread.
 */
public final class Samples {
  private static final int FIRST_CAPACITY = 256;
  private long[] nanos = new long[FIRST_CAPACITY];
  private int count;

  /** Adds one duration. */
  public void add(long duration) {
    if (count == nanos.length) {
      nanos = Arrays.copyOf(nanos, count * 2);
    }
    nanos[count++] = duration;
  }

  /** How many there are. */
  public int count() {
    return count;
  }

  /** The smallest one that {@code share} of all (0 to 1) do not exceed; needs at least one. */
  public long quantile(double share) {
    if (count == 0) {
      throw new IllegalStateException("no samples");
    }
    long[] sorted = Arrays.copyOf(nanos, count);
    Arrays.sort(sorted);
    int rank = (int) Math.ceil(share * count);
    return sorted[Math.max(0, Math.min(rank - 1, count - 1))];
  }

  public long median() {
    return quantile(0.50);
  }

  public long p99() {
    return quantile(0.99);
  }

  public long max() {
    return quantile(1.0);
  }
}
