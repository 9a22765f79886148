package dev.pyvisor.outcome;

import java.util.Locale;

/**
 * The two streams of a cell.
 *
 * <p>Immutable.
 */
public enum StreamName {
  STDOUT,
  STDERR;

  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
