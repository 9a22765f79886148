package dev.pyvisor.internal;

/**
 * Finds where characters end.
 *
 * <p>Immutable.
 */
final class Utf8 {
  /** A character has at most this many bytes. */
  static final int MAX = 4;

  private Utf8() {}

  /**
   * The end of the last whole character: {@code to}, or up to three less where the last one has
   * only begun.
   */
  static int wholeEnd(byte[] bytes, int from, int to) {
    for (int at = to - 1; at >= from && at > to - MAX; at--) {
      int value = bytes[at] & 0xff;
      if (value < 0x80) {
        return to;
      }
      if (value >= 0xc0) {
        return at + length(value) > to ? at : to;
      }
    }
    return to;
  }

  private static int length(int lead) {
    if (lead < 0xc2 || lead > 0xf4) {
      return 1;
    }
    return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : MAX;
  }
}
