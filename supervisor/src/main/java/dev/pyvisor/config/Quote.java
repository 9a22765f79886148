package dev.pyvisor.config;

import dev.pyvisor.Defaults;

/**
 * Text of others as a message may show it: one line, and never longer than that.
 *
 * <p>Immutable.
 */
final class Quote {
  private Quote() {}

  /** A value or a key, in quotes, cut where it is very long. */
  static String of(String text) {
    return "'" + bare(text) + "'";
  }

  /** The same without quotes. */
  static String bare(String text) {
    int shown = Defaults.CONFIGURATION_SHOWN;
    return plain(text.length() <= shown ? text : text.substring(0, shown) + "…");
  }

  /** The same text with its control characters, and halves of characters, as escapes. */
  static String plain(String text) {
    StringBuilder plain = new StringBuilder(text.length());
    text.codePoints()
        .forEach(
            c -> {
              if (Character.isISOControl(c) || Character.getType(c) == Character.SURROGATE) {
                plain.append(String.format("\\u%04x", c));
              } else {
                plain.appendCodePoint(c);
              }
            });
    return plain.toString();
  }
}
