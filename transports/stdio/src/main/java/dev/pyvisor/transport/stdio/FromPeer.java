package dev.pyvisor.transport.stdio;

import dev.pyvisor.wire.Surrogates;
import java.math.BigInteger;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Turns the plain JSON of Python into documents (PROTOCOL.md section 9). Total: what JSON of our
 * own wire cannot say takes its form, and what is too deep is cut.
 *
 * <p>Immutable.
 */
final class FromPeer {
  /** The key of a form. */
  static final String FORM = "$py";

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private FromPeer() {}

  static JsonNode document(JsonNode value) {
    return document(value, 0);
  }

  private static JsonNode document(JsonNode value, int depth) {
    return switch (value.getNodeType()) {
      case STRING -> text(value.stringValue());
      case NUMBER -> number(value);
      case ARRAY -> depth < StdioLimits.DOCUMENT_DEPTH ? list(value, depth) : cut("list");
      case OBJECT -> depth < StdioLimits.DOCUMENT_DEPTH ? dict(value, depth) : cut("dict");
      default -> value;
    };
  }

  private static JsonNode text(String text) {
    return !Surrogates.areIn(text)
        ? NODES.stringNode(text)
        : form("str").put("escaped", Surrogates.escape(text));
  }

  private static JsonNode number(JsonNode number) {
    if (number.isIntegralNumber()) {
      return number.canConvertToLong() ? number : integer(number.bigIntegerValue());
    }
    double real = number.doubleValue();
    if (Double.isFinite(real)) {
      return number;
    }
    return form("float").put("value", Double.isNaN(real) ? "nan" : real > 0 ? "inf" : "-inf");
  }

  private static JsonNode integer(BigInteger big) {
    String sign = big.signum() < 0 ? "-0x" : "0x";
    return form("int").put("hex", sign + big.abs().toString(16));
  }

  private static JsonNode list(JsonNode items, int depth) {
    ArrayNode list = NODES.arrayNode(items.size());
    for (JsonNode item : items) {
      list.add(document(item, depth + 1));
    }
    return list;
  }

  private static JsonNode dict(JsonNode fields, int depth) {
    boolean plain = fields.propertyStream().map(Map.Entry::getKey).allMatch(FromPeer::isPlainKey);
    if (plain) {
      ObjectNode dict = NODES.objectNode();
      fields
          .properties()
          .forEach(each -> dict.set(each.getKey(), document(each.getValue(), depth + 1)));
      return dict;
    }
    ObjectNode dict = form("dict");
    ArrayNode pairs = dict.putArray("items");
    // The pairs lie two levels deeper than the fields did.
    fields
        .properties()
        .forEach(
            each ->
                pairs
                    .addArray()
                    .add(text(each.getKey()))
                    .add(document(each.getValue(), depth + 3)));
    return dict;
  }

  private static boolean isPlainKey(String key) {
    return !key.equals(FORM) && !Surrogates.areIn(key);
  }

  private static JsonNode cut(String type) {
    return form("cut").put("type", type).put("reason", "depth");
  }

  private static ObjectNode form(String name) {
    return NODES.objectNode().put(FORM, name);
  }
}
