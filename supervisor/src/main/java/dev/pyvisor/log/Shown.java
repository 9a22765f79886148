package dev.pyvisor.log;

import dev.pyvisor.Defaults;
import dev.pyvisor.wire.Json;
import java.util.HexFormat;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * Texts and data of an agent's code in a form that can be shown at a terminal.
 *
 * <p>Immutable.
 */
final class Shown {
  private static final String MORE = "…";
  private static final HexFormat HEX = HexFormat.of();

  /** Characters of JSON beyond which it is not even read: nobody sees more than a few of them. */
  private static final int READ = 1024 * 1024;

  private Shown() {}

  /**
   * The text with its control characters as escapes, but for line ends and tabs: what an agent
   * prints must not move the cursor, hide what stands there, or answer for the user.
   */
  static String text(String text) {
    if (text.chars().noneMatch(Shown::isControl)) {
      return text;
    }
    StringBuilder shown = new StringBuilder(text.length() + 16);
    text.chars()
        .forEach(
            c -> {
              if (isControl(c)) {
                shown.append("\\u").append(HEX.toHexDigits((char) c));
              } else {
                shown.append((char) c);
              }
            });
    return shown.toString();
  }

  private static boolean isControl(int c) {
    return Character.isISOControl(c) && c != '\n' && c != '\t';
  }

  /** JSON text in one line, as people write it; cut where it is long. */
  static String json(String json) {
    if (json.length() > READ) {
      return json.length() + " characters";
    }
    try {
      return json(Json.MAPPER.readTree(json));
    } catch (JacksonException malformed) {
      return text(cut(json));
    }
  }

  /** The same of data. */
  static String json(JsonNode data) {
    StringBuilder shown = new StringBuilder();
    write(shown, data);
    return text(cut(shown.toString()));
  }

  private static String cut(String text) {
    return text.length() <= Defaults.VERBOSE_PREVIEW
        ? text
        : text.substring(0, Defaults.VERBOSE_PREVIEW) + MORE;
  }

  private static void write(StringBuilder shown, JsonNode data) {
    if (shown.length() > Defaults.VERBOSE_PREVIEW) {
      return;
    }
    if (data.isObject()) {
      String between = "{";
      for (Map.Entry<String, JsonNode> field : data.properties()) {
        shown.append(between).append(Json.MAPPER.writeValueAsString(field.getKey())).append(": ");
        write(shown, field.getValue());
        between = ", ";
      }
      shown.append(data.isEmpty() ? "{}" : "}");
    } else if (data.isArray()) {
      String between = "[";
      for (JsonNode item : data) {
        shown.append(between);
        write(shown, item);
        between = ", ";
      }
      shown.append(data.isEmpty() ? "[]" : "]");
    } else {
      shown.append(data);
    }
  }
}
