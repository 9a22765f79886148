package dev.pyvisor.document;

import dev.pyvisor.wire.Json;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Collection;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Plain values (see {@link DocumentReader}) as the JSON that everybody understands; what they were
 * in Python cannot be seen from it, as it can from a document.
 *
 * <p>Immutable.
 */
public final class PlainJson {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final String what;

  private PlainJson(String what) {
    this.what = what;
  }

  /**
   * The text of an object.
   *
   * @param what stands before the name of a member in an error
   * @throws IllegalArgumentException when a number in it has no form in JSON
   */
  public static String text(Map<String, @Nullable Object> members, String what) {
    ObjectNode object = NODES.objectNode();
    PlainJson writer = new PlainJson(what);
    members.forEach((name, value) -> object.set(name, writer.node(value, name)));
    return Json.MAPPER.writeValueAsString(object);
  }

  private JsonNode node(@Nullable Object value, String place) {
    if (value == null) {
      return NODES.nullNode();
    } else if (value instanceof Boolean bool) {
      return NODES.booleanNode(bool);
    } else if (value instanceof Long number) {
      return NODES.numberNode(number);
    } else if (value instanceof Integer number) {
      return NODES.numberNode(number);
    } else if (value instanceof BigInteger number) {
      return NODES.numberNode(number);
    } else if (value instanceof BigDecimal number) {
      return NODES.numberNode(number);
    } else if (value instanceof Double number) {
      return NODES.numberNode(finite(number, place));
    } else if (value instanceof byte[] bytes) {
      return NODES.binaryNode(bytes);
    } else if (value instanceof Map<?, ?> map) {
      return object(map, place);
    } else if (value instanceof Collection<?> items) {
      return array(items, place);
    }
    return NODES.stringNode(value.toString()); // a text, a time, a UUID
  }

  private double finite(double number, String place) {
    if (!Double.isFinite(number)) {
      throw new IllegalArgumentException(
          what + place + " is " + number + ", which has no form in JSON; give a finite number");
    }
    return number;
  }

  private ObjectNode object(Map<?, ?> map, String place) {
    ObjectNode object = NODES.objectNode();
    map.forEach((key, value) -> object.set(String.valueOf(key), node(value, place + "." + key)));
    return object;
  }

  private ArrayNode array(Collection<?> items, String place) {
    ArrayNode array = NODES.arrayNode();
    int index = 0;
    for (Object item : items) {
      array.add(node(item, place + "[" + index++ + "]"));
    }
    return array;
  }
}
