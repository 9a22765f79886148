package dev.pyvisor.document;

import dev.pyvisor.wire.Json;
import dev.pyvisor.wire.Surrogates;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * Turns a document (PROTOCOL.md section 9) into plain Java: {@code null}, Boolean, Long, {@link
 * java.math.BigInteger} beyond 64 bits, Double, {@link BigDecimal}, String, {@code byte[]}, List,
 * Set, Map, {@link UUID} and java.time.
 *
 * <p>Documents are written by the guest, so nothing is believed and nothing throws: a form that is
 * unknown or broken becomes the Map that it is. Every node is read once: what is read twice at each
 * of a hundred levels is never done.
 *
 * <p>Confined to the calling thread.
 */
public final class DocumentReader {
  /** Digits of a decimal, and zeros around them: beyond it arithmetic could fill the memory. */
  private static final int DECIMAL_DIGITS = 10_000;

  private final List<byte[]> attachments;

  /** A reader of documents that refer to these bytes, which it hands out as they are. */
  public DocumentReader(List<byte[]> attachments) {
    this.attachments = List.copyOf(attachments);
  }

  /**
   * Reads a document from its text.
   *
   * @throws DocumentException when the text is not JSON
   */
  public @Nullable Object read(String json) {
    try {
      JsonNode node = Json.MAPPER.readTree(json);
      if (node.isMissingNode()) {
        throw new DocumentException("not JSON: nothing at all", null);
      }
      return read(node);
    } catch (JacksonException problem) {
      throw new DocumentException("not JSON: " + problem.getOriginalMessage(), problem);
    }
  }

  /** Reads a document that was parsed with the limits of {@link Json}. */
  public @Nullable Object read(@Nullable JsonNode node) {
    if (node == null) {
      return null;
    }
    return switch (node.getNodeType()) {
      case BOOLEAN -> node.booleanValue();
      case NUMBER -> number(node);
      case STRING -> node.stringValue();
      case ARRAY -> list(node);
      case OBJECT -> object(node);
      default -> null;
    };
  }

  private static Object number(JsonNode node) {
    if (!node.isIntegralNumber()) {
      return node.doubleValue();
    }
    return node.canConvertToLong() ? (Object) node.longValue() : node.bigIntegerValue();
  }

  private List<@Nullable Object> list(JsonNode node) {
    List<@Nullable Object> items = new ArrayList<>(node.size());
    for (JsonNode item : node) {
      items.add(read(item));
    }
    return items;
  }

  private @Nullable Object object(JsonNode node) {
    JsonNode form = node.get(DocumentWriter.FORM);
    if (form == null || !form.isString()) {
      return fields(node);
    }
    return switch (form.stringValue()) {
      case "tuple" -> items(node) == null ? fields(node) : list(node.get("items"));
      case "set" -> items(node) == null ? fields(node) : set(list(node.get("items")));
      case "dict" -> arePairs(items(node)) ? dict(node.get("items")) : fields(node);
      case "object" -> fields(node.path("fields").isObject() ? node.get("fields") : node);
      case "enum" -> node.has("value") ? read(node.get("value")) : fields(node);
      case "path" -> path(node);
      case "ndarray" -> ndarray(node);
      default -> {
        Object scalar = scalar(form.stringValue(), node);
        yield scalar == null ? fields(node) : scalar;
      }
    };
  }

  private Map<String, @Nullable Object> fields(JsonNode node) {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      fields.put(field.getKey(), read(field.getValue()));
    }
    return fields;
  }

  // ---- containers ----

  private static Object set(List<@Nullable Object> items) {
    Keys keys = new Keys();
    LinkedHashSet<@Nullable Object> set = new LinkedHashSet<>();
    for (Object item : items) {
      if (!keys.accept(item)) {
        return asItIs("set", items);
      }
      set.add(item);
    }
    return set;
  }

  private static boolean arePairs(@Nullable JsonNode items) {
    if (items == null) {
      return false;
    }
    for (JsonNode pair : items) {
      if (!pair.isArray() || pair.size() != 2) {
        return false;
      }
    }
    return true;
  }

  private Object dict(JsonNode pairs) {
    Keys keys = new Keys();
    Map<@Nullable Object, @Nullable Object> map = new LinkedHashMap<>();
    List<@Nullable Object> refused = new ArrayList<>();
    for (JsonNode pair : pairs) {
      Object key = read(pair.get(0));
      Object value = read(pair.get(1));
      if (refused.isEmpty() && keys.accept(key)) {
        map.put(key, value);
      } else {
        List<@Nullable Object> item = new ArrayList<>();
        item.add(key);
        item.add(value);
        refused.add(item);
      }
    }
    return refused.isEmpty() ? map : asItIs("dict", joined(map, refused));
  }

  private static List<@Nullable Object> joined(
      Map<@Nullable Object, @Nullable Object> first, List<@Nullable Object> rest) {
    List<@Nullable Object> items = new ArrayList<>(first.size() + rest.size());
    for (Map.Entry<@Nullable Object, @Nullable Object> entry : first.entrySet()) {
      List<@Nullable Object> item = new ArrayList<>();
      item.add(entry.getKey());
      item.add(entry.getValue());
      items.add(item);
    }
    items.addAll(rest);
    return items;
  }

  private static Map<String, @Nullable Object> asItIs(String form, List<@Nullable Object> items) {
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    map.put(DocumentWriter.FORM, form);
    map.put("items", items);
    return map;
  }

  private Object path(JsonNode node) {
    Map<String, @Nullable Object> fields = fields(node);
    return fields.get("value") instanceof String text ? text : fields;
  }

  private Map<String, @Nullable Object> ndarray(JsonNode node) {
    Map<String, @Nullable Object> fields = fields(node);
    byte[] data = attachment(node);
    if (data != null) {
      fields.remove("attachment");
      fields.put("data", data);
    }
    return fields;
  }

  private static @Nullable JsonNode items(JsonNode node) {
    JsonNode items = node.get("items");
    return items != null && items.isArray() ? items : null;
  }

  // ---- forms of one value; null where it is broken or none ----

  private @Nullable Object scalar(String form, JsonNode node) {
    try {
      return switch (form) {
        case "int" -> Hex.read(text(node, "hex"));
        case "float" -> special(text(node, "value"));
        case "str" -> Surrogates.unescape(text(node, "escaped"));
        case "bytes" -> attachment(node);
        case "decimal" -> decimal(text(node, "value"));
        case "datetime" -> Temporals.readDateTime(text(node, "iso"));
        case "date" -> LocalDate.parse(text(node, "iso"));
        case "time" -> Temporals.readTime(text(node, "iso"));
        case "timedelta" ->
            Temporals.duration(
                number(node, "days"), number(node, "seconds"), number(node, "microseconds"));
        case "uuid" -> UUID.fromString(text(node, "value"));
        default -> null;
      };
    } catch (IllegalArgumentException | DateTimeException | ArithmeticException broken) {
      return null;
    }
  }

  private byte @Nullable [] attachment(JsonNode node) {
    JsonNode index = node.path("attachment");
    boolean known =
        index.isIntegralNumber()
            && index.canConvertToInt()
            && index.intValue() >= 0
            && index.intValue() < attachments.size();
    return known ? attachments.get(index.intValue()) : null;
  }

  private static @Nullable Object special(String text) {
    return switch (text) {
      case "nan" -> Double.NaN;
      case "inf" -> Double.POSITIVE_INFINITY;
      case "-inf" -> Double.NEGATIVE_INFINITY;
      default -> null;
    };
  }

  private static Object decimal(String text) {
    if (text.length() > DECIMAL_DIGITS) {
      return text;
    }
    try {
      BigDecimal decimal = new BigDecimal(text);
      return Math.abs((long) decimal.scale()) <= DECIMAL_DIGITS ? decimal : text;
    } catch (NumberFormatException notFinite) {
      return text;
    }
  }

  private static String text(JsonNode node, String name) {
    JsonNode value = node.get(name);
    if (value == null || !value.isString()) {
      throw new IllegalArgumentException(name);
    }
    return value.stringValue();
  }

  private static long number(JsonNode node, String name) {
    JsonNode value = node.get(name);
    if (value == null || !value.isIntegralNumber() || !value.canConvertToLong()) {
      throw new IllegalArgumentException(name);
    }
    return value.longValue();
  }
}
