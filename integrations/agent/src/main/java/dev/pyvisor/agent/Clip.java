package dev.pyvisor.agent;

/**
 * Shortens text for a model: its beginning and its end, and between them what is left out.
 *
 * <p>Immutable.
 */
public final class Clip {
  private Clip() {}

  /** {@code fix}: how the rest is got. */
  public static String of(String text, int most, String fix) {
    return of(text, text.length(), most, fix);
  }

  /** The same where {@code text} is not all there was: {@code whole} counts all of it. */
  public static String of(String text, long whole, int most, String fix) {
    if (text.length() <= most) {
      return text;
    }
    int head = cut(text, most * 2 / 3);
    int tail = cut(text, text.length() - (most - head));
    return text.substring(0, head)
        + "\n[… "
        + (whole - head - (text.length() - tail))
        + " of "
        + whole
        + " characters are left out here"
        + (fix.isEmpty() ? "" : "; " + fix)
        + " …]\n"
        + text.substring(tail);
  }

  /** Not between the halves of one character. */
  private static int cut(String text, int at) {
    return at > 0 && at < text.length() && Character.isLowSurrogate(text.charAt(at)) ? at - 1 : at;
  }
}
