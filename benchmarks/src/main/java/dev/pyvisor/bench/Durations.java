package dev.pyvisor.bench;

import java.util.Locale;

/** Durations as people read them, three significant digits. */
public final class Durations {
  private static final double MICRO = 1e3;
  private static final double MILLI = 1e6;
  private static final double SECOND = 1e9;

  private Durations() {}

  /** For example {@code 41.2 us}, {@code 3.07 ms}, {@code 1.20 s}. */
  public static String text(long nanos) {
    if (nanos < MILLI) {
      return scaled(nanos / MICRO, "us");
    }
    return nanos < SECOND ? scaled(nanos / MILLI, "ms") : scaled(nanos / SECOND, "s");
  }

  private static String scaled(double value, String unit) {
    // What rounds up to the next power of ten has a digit more before the point.
    int digits = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
    return String.format(Locale.ROOT, "%." + digits + "f %s", value, unit);
  }
}
