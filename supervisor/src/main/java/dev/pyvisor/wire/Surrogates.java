package dev.pyvisor.wire;

import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Text with lone surrogates, which UTF-8 cannot carry.
 *
 * <p>Immutable.
 */
public final class Surrogates {
  private static final Pattern ESCAPE = Pattern.compile("\\\\(\\\\|u[0-9a-fA-F]{4})");

  private Surrogates() {}

  /** Whether one of them has no other half. */
  public static boolean areIn(String text) {
    for (int at = 0; at < text.length(); at++) {
      if (Character.isSurrogate(text.charAt(at))) {
        if (!startsPair(text, at)) {
          return true;
        }
        at++;
      }
    }
    return false;
  }

  /** The form {@code str} of PROTOCOL.md section 9. */
  public static String escape(String text) {
    StringBuilder escaped = new StringBuilder(text.length() + 16);
    for (int at = 0; at < text.length(); at++) {
      char unit = text.charAt(at);
      if (unit == '\\') {
        escaped.append("\\\\");
      } else if (!Character.isSurrogate(unit)) {
        escaped.append(unit);
      } else if (startsPair(text, at)) {
        escaped.append(unit).append(text.charAt(++at));
      } else {
        escaped.append("\\u").append(HexFormat.of().toHexDigits(unit));
      }
    }
    return escaped.toString();
  }

  /** What {@link #escape} was given. */
  public static String unescape(String text) {
    Matcher found = ESCAPE.matcher(text);
    StringBuilder plain = new StringBuilder(text.length());
    int done = 0;
    while (found.find()) {
      String escape = found.group(1);
      plain.append(text, done, found.start());
      plain.append(escape.equals("\\") ? '\\' : (char) HexFormat.fromHexDigits(escape, 1, 5));
      done = found.end();
    }
    return plain.append(text, done, text.length()).toString();
  }

  private static boolean startsPair(String text, int at) {
    return Character.isHighSurrogate(text.charAt(at))
        && at + 1 < text.length()
        && Character.isLowSurrogate(text.charAt(at + 1));
  }
}
