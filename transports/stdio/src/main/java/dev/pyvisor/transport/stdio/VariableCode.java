package dev.pyvisor.transport.stdio;

import dev.pyvisor.wire.Limits;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * Cells that move a variable as JSON text: the dialect has no verb for it.
 *
 * <p>Immutable.
 */
final class VariableCode {
  private static final String GETTER = source("variable_get.py");

  /**
   * What such a cell printed.
   *
   * <p>Immutable.
   *
   * @param told what it told between its marks: data, repr, type
   * @param rest what else was printed meanwhile: the session's own
   */
  record Told(JsonNode told, String rest) {}

  private VariableCode() {}

  /**
   * Assigns; {@code value} is what {@link ToPeer} made of the document.
   *
   * @throws Unfit for a name that is none
   */
  static String set(String name, JsonNode value) throws Unfit {
    return identifier(name) + " = __import__(\"json\").loads(" + literal(Dialect.text(value)) + ")";
  }

  /**
   * Prints the value between two marks, after it was found to be plain.
   *
   * @throws Unfit for a name that is none
   */
  static String get(String name, String mark) throws Unfit {
    return "__import__(\"builtins\").exec("
        + literal(GETTER)
        + ", {\"value\": "
        + identifier(name)
        + ", \"mark\": "
        + literal(mark)
        + ", \"levels\": "
        + StdioLimits.DOCUMENT_DEPTH
        + ", \"shown\": "
        + Limits.REPR
        + "})";
  }

  /** What stands between the marks; null where nothing does. */
  static @Nullable Told told(String output, String mark) {
    int begin = output.indexOf(mark);
    int end = begin < 0 ? -1 : output.indexOf(mark, begin + mark.length());
    if (end < 0) {
      return null;
    }
    JsonNode told = Dialect.parseText(output.substring(begin + mark.length(), end));
    if (told == null || !told.isObject() || !told.has("data")) {
      return null;
    }
    int after = end + mark.length();
    int next = output.startsWith("\n", after) ? after + 1 : after;
    return new Told(told, output.substring(0, begin) + output.substring(next));
  }

  /** A Python literal: for ASCII without control characters that is what a JSON string is. */
  private static String literal(String ascii) {
    return Dialect.text(JsonNodeFactory.instance.stringNode(ascii));
  }

  private static String identifier(String name) throws Unfit {
    boolean good =
        !name.isEmpty()
            && startsIdentifier(name.codePointAt(0))
            && name.codePoints().allMatch(VariableCode::continuesIdentifier);
    if (!good) {
      throw new Unfit("name must be an identifier of Python, not '" + name + "'");
    }
    return name;
  }

  private static boolean startsIdentifier(int point) {
    return point == '_' || Character.isUnicodeIdentifierStart(point);
  }

  private static boolean continuesIdentifier(int point) {
    return Character.isUnicodeIdentifierPart(point) && !Character.isIdentifierIgnorable(point);
  }

  private static String source(String name) {
    try (InputStream in = VariableCode.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException(name + " is not beside " + VariableCode.class.getName());
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException problem) {
      throw new UncheckedIOException("cannot read " + name + " from its jar", problem);
    }
  }
}
