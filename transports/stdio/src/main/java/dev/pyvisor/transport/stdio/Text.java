package dev.pyvisor.transport.stdio;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Text that Python may have and UTF-8 cannot carry: with lone surrogates.
 *
 * <p>Immutable.
 */
final class Text {
  private static final Pattern ESCAPE = Pattern.compile("\\\\(\\\\|u[0-9a-fA-F]{4})");
  private static final byte[] REPLACEMENT = "\uFFFD".getBytes(StandardCharsets.UTF_8);

  private Text() {}

  /** Whether each surrogate has its other half. */
  static boolean isWhole(String text) {
    for (int at = 0; at < text.length(); at++) {
      if (Character.isSurrogate(text.charAt(at))) {
        if (!startsPair(text, at)) {
          return false;
        }
        at++;
      }
    }
    return true;
  }

  /** The form {@code str} of PROTOCOL.md section 9. */
  static String escape(String text) {
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
  static String unescape(String text) {
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

  /** A field that is text; otherwise the other. */
  static String of(JsonNode node, String name, String otherwise) {
    JsonNode value = node.path(name);
    return value.isString() ? value.stringValue() : otherwise;
  }

  /** Puts text where the host's wire carries no lone surrogates. */
  static void put(ObjectNode node, String name, String text) {
    node.put(name, isWhole(text) ? text : escape(text));
  }

  /** Its bytes, with U+FFFD for a lone surrogate. */
  static byte[] utf8(String text) {
    if (isWhole(text)) {
      return text.getBytes(StandardCharsets.UTF_8);
    }
    try {
      ByteBuffer encoded =
          StandardCharsets.UTF_8
              .newEncoder()
              .onMalformedInput(CodingErrorAction.REPLACE)
              .replaceWith(REPLACEMENT)
              .encode(CharBuffer.wrap(text));
      byte[] bytes = new byte[encoded.remaining()];
      encoded.get(bytes);
      return bytes;
    } catch (CharacterCodingException impossible) {
      throw new AssertionError("what is malformed is replaced", impossible);
    }
  }

  private static boolean startsPair(String text, int at) {
    return Character.isHighSurrogate(text.charAt(at))
        && at + 1 < text.length()
        && Character.isLowSurrogate(text.charAt(at + 1));
  }
}
