package dev.pyvisor.bench;

import java.util.Locale;

/** Sizes as people read them, in powers of ten. */
final class Sizes {
  private static final double KILO = 1e3;
  private static final double MEGA = 1e6;
  private static final double GIGA = 1e9;

  private Sizes() {}

  /** For example {@code 512 kB}, {@code 3.07 MB}. */
  static String text(long bytes) {
    if (bytes < MEGA) {
      return String.format(Locale.ROOT, "%.0f kB", bytes / KILO);
    }
    return bytes < GIGA
        ? String.format(Locale.ROOT, "%.2f MB", bytes / MEGA)
        : String.format(Locale.ROOT, "%.2f GB", bytes / GIGA);
  }
}
