package dev.pyvisor.bench;

import java.util.Arrays;

/**
 * Durations in nanoseconds, or sizes in bytes, and what they come to.
 *
 * <p>Confined to the measuring thread.
 */
public final class Samples {
  private static final int FIRST_CAPACITY = 256;
  private long[] figures = new long[FIRST_CAPACITY];
  private int count;

  /** Adds one. */
  public void add(long figure) {
    if (count == figures.length) {
      figures = Arrays.copyOf(figures, count * 2);
    }
    figures[count++] = figure;
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
    long[] sorted = Arrays.copyOf(figures, count);
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
