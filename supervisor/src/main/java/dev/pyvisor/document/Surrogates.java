package dev.pyvisor.document;

import java.util.regex.Pattern;

/**
 * Text with lone surrogates, which UTF-8 cannot carry.
 *
 * <p>Immutable.
 */
final class Surrogates {
  private static final Pattern ESCAPE = Pattern.compile("\\\\(\\\\|ud[89a-f][0-9a-f]{2})");

  private Surrogates() {}

  static boolean areLone(String text) {
    for (int at = 0; at < text.length(); at++) {
      char unit = text.charAt(at);
      if (Character.isHighSurrogate(unit)
          && at + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(at + 1))) {
        at++;
      } else if (Character.isSurrogate(unit)) {
        return true;
      }
    }
    return false;
  }

  static String escape(String text) {
    StringBuilder escaped = new StringBuilder();
    for (int at = 0; at < text.length(); at++) {
      char unit = text.charAt(at);
      if (unit == '\\') {
        escaped.append("\\\\");
      } else if (Character.isHighSurrogate(unit)
          && at + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(at + 1))) {
        escaped.append(unit).append(text.charAt(++at));
      } else if (Character.isSurrogate(unit)) {
        escaped.append(String.format("\\u%04x", (int) unit));
      } else {
        escaped.append(unit);
      }
    }
    return escaped.toString();
  }

  static String unescape(String text) {
    return ESCAPE
        .matcher(text)
        .replaceAll(
            found ->
                found.group(1).equals("\\")
                    ? "\\\\"
                    : String.valueOf((char) Integer.parseInt(found.group(1).substring(1), 16)));
  }
}
