package dev.pyvisor.contract.matrix;

import java.util.Locale;

/**
 * What became of a test in a row. Of several, the first in this order is what their rule shows.
 *
 * <p>Immutable.
 */
public enum Verdict {
  FAILED("F", "failed"),
  /** Failed as it must: the failure is known. */
  KNOWN_GAP("g", "known gap"),
  PASSED("", "passed"),
  /** The backend lacks what it needs, or the machine does. */
  SKIPPED("-", "skipped"),
  /** Another tier runs it. */
  NOT_IN_TIER(".", "not in this tier");

  private final String mark;
  private final String words;

  Verdict(String mark, String words) {
    this.mark = mark;
    this.words = words;
  }

  /** What stands behind a count in the table. */
  String mark() {
    return mark;
  }

  /** What it is called in a sentence. */
  public String words() {
    return words;
  }

  /** What it is called in JSON. */
  String key() {
    return name().toLowerCase(Locale.ROOT);
  }

  static Verdict ofKey(String key) {
    return valueOf(key.toUpperCase(Locale.ROOT));
  }
}
