package dev.pyvisor.diagnosis;

/**
 * Text of others as it may stand in a report's line: what the guest wrote must not look like the
 * report's own.
 *
 * <p>Immutable.
 */
final class Plain {
  private static final int LONGEST = 2_000;

  private Plain() {}

  /** One line without control characters, cut where it is very long. */
  static String line(String text) {
    String cut = text.length() <= LONGEST ? text : text.substring(0, LONGEST) + " …";
    return cut.replaceAll("\\p{Cntrl}+", " ").strip();
  }
}
