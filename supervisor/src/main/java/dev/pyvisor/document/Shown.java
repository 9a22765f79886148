package dev.pyvisor.document;

import dev.pyvisor.wire.Limits;
import java.util.Collection;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Values in error messages, as Python writes them, and never longer than a line.
 *
 * <p>Immutable.
 */
final class Shown {
  private Shown() {}

  static String of(@Nullable Object value) {
    if (value == null) {
      return "None";
    }
    if (value instanceof Boolean flag) {
      return flag ? "True" : "False";
    }
    if (value instanceof String text) {
      return "'" + text(text) + "'";
    }
    if (value instanceof byte[] bytes) {
      return bytes.length + " bytes";
    }
    if (value instanceof Map<?, ?> map) {
      return "a dict of " + map.size();
    }
    if (value instanceof Collection<?> items) {
      return "a collection of " + items.size();
    }
    return text(value.toString());
  }

  static String text(String text) {
    return text.length() <= Limits.GARBAGE_SHOWN
        ? text
        : text.substring(0, Limits.GARBAGE_SHOWN) + "…";
  }
}
