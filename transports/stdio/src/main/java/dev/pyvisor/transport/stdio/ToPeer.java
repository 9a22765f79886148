package dev.pyvisor.transport.stdio;

import dev.pyvisor.wire.Surrogates;
import java.math.BigInteger;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Turns documents (PROTOCOL.md section 9) into the plain JSON that Python's own reader takes. The
 * dialect has no other forms, so a value that would come back as another one is refused, or, where
 * its owner asked for no exactness, becomes its nearest: docs/STDIO.md has the table.
 *
 * <p>Immutable.
 */
final class ToPeer {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final BigInteger SIGN = BigInteger.ONE.negate();

  /**
   * Whether a value may change its type on the way.
   *
   * <p>Immutable.
   */
  enum Exactness {
    /** Variables: Python must have what Java has. */
    EXACT,
    /** Results of tools: a date is its text, a set is a list. */
    NEAREST
  }

  private final Exactness exactness;

  private ToPeer(Exactness exactness) {
    this.exactness = exactness;
  }

  /**
   * The value of a document.
   *
   * @throws Unfit when it has none in the dialect
   */
  static JsonNode plain(JsonNode document, Exactness exactness) throws Unfit {
    return new ToPeer(exactness).plain(document);
  }

  private JsonNode plain(JsonNode document) throws Unfit {
    if (document.isArray()) {
      return list(document);
    }
    if (!document.isObject()) {
      return document;
    }
    JsonNode form = document.get(FromPeer.FORM);
    return form != null && form.isString() ? form(form.stringValue(), document) : dict(document);
  }

  private JsonNode list(JsonNode items) throws Unfit {
    ArrayNode list = NODES.arrayNode(items.size());
    for (JsonNode item : items) {
      list.add(plain(item));
    }
    return list;
  }

  private JsonNode dict(JsonNode fields) throws Unfit {
    ObjectNode dict = NODES.objectNode();
    for (Map.Entry<String, JsonNode> field : fields.properties()) {
      dict.set(field.getKey(), plain(field.getValue()));
    }
    return dict;
  }

  private JsonNode form(String form, JsonNode document) throws Unfit {
    return switch (form) {
      case "int" -> NODES.numberNode(integer(text(form, document, "hex")));
      case "float" -> NODES.numberNode(special(text(form, document, "value")));
      case "str" -> NODES.stringNode(Surrogates.unescape(text(form, document, "escaped")));
      case "dict" -> pairs(document.path("items"));
      default -> {
        if (exactness == Exactness.EXACT) {
          throw unfit(form);
        }
        yield nearest(form, document);
      }
    };
  }

  private JsonNode nearest(String form, JsonNode document) throws Unfit {
    return switch (form) {
      case "tuple", "set" -> list(document.path("items"));
      case "decimal", "uuid", "path", "enum" -> plain(document.path("value"));
      case "datetime", "date", "time" -> document.path("iso");
      case "timedelta" -> seconds(document);
      default -> throw unfit(form);
    };
  }

  /** With keys that are no plain text; as Python's own writer does it, but only for text. */
  private JsonNode pairs(JsonNode items) throws Unfit {
    ObjectNode dict = NODES.objectNode();
    for (JsonNode pair : items) {
      JsonNode key = plain(pair.path(0));
      if (!key.isString()) {
        throw new Unfit(
            "a map with the key "
                + Dialect.text(key)
                + " does not travel over the backend stdio; use text for keys");
      }
      dict.set(key.stringValue(), plain(pair.path(1)));
    }
    return dict;
  }

  private static JsonNode seconds(JsonNode delta) {
    long days = delta.path("days").asLong(0);
    long seconds = delta.path("seconds").asLong(0);
    long micros = delta.path("microseconds").asLong(0);
    return NODES.numberNode(days * 86_400.0 + seconds + micros / 1e6);
  }

  private static BigInteger integer(String hex) throws Unfit {
    boolean negative = hex.startsWith("-");
    String digits = negative ? hex.substring(1) : hex;
    try {
      BigInteger big = new BigInteger(digits.substring("0x".length()), 16);
      return negative ? big.multiply(SIGN) : big;
    } catch (NumberFormatException | IndexOutOfBoundsException broken) {
      throw unfit("int");
    }
  }

  private static double special(String word) throws Unfit {
    return switch (word) {
      case "nan" -> Double.NaN;
      case "inf" -> Double.POSITIVE_INFINITY;
      case "-inf" -> Double.NEGATIVE_INFINITY;
      default -> throw unfit("float");
    };
  }

  private static String text(String form, JsonNode document, String name) throws Unfit {
    JsonNode value = document.get(name);
    if (value == null || !value.isString()) {
      throw unfit(form);
    }
    return value.stringValue();
  }

  private static Unfit unfit(String form) {
    return new Unfit(
        "a value of the form '"
            + form
            + "' does not travel over the backend stdio, which carries plain JSON values only; send"
            + " text, numbers, lists and maps with text for keys, or use the backend pipe");
  }
}
