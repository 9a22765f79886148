package dev.pyvisor.document;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Turns a document into plain Java: {@code null}, Boolean, Integer, Long, BigInteger, Double, BigDecimal, String, byte[], List,
 * Set, Map and java.time. Written by the guest, so nothing is believed: a form that is unknown or broken becomes the Map that
 * it is.
 *
 * <p>Immutable.
 */
public final class DocumentReader {
  private final List<byte[]> attachments;

  public DocumentReader(List<byte[]> attachments) {
    this.attachments = List.copyOf(attachments);
  }

  /** The plain value; never throws for what a document holds. */
  public @Nullable Object read(@Nullable JsonNode node) {
    if (node == null || node.isNull() || node.isMissingNode()) {
      return null;
    }
    if (node.isBoolean()) {
      return node.booleanValue();
    }
    if (node.isIntegralNumber()) {
      return node.canConvertToInt() ? (Object) node.intValue() : integer(node);
    }
    if (node.isNumber()) {
      return node.doubleValue();
    }
    if (node.isString()) {
      return node.stringValue();
    }
    return node.isArray() ? list(node) : object(node);
  }

  private static Object integer(JsonNode node) {
    return node.canConvertToLong() ? (Object) node.longValue() : node.bigIntegerValue();
  }

  private List<@Nullable Object> list(JsonNode node) {
    List<@Nullable Object> items = new ArrayList<>(node.size());
    node.forEach(item -> items.add(read(item)));
    return items;
  }

  private @Nullable Object object(JsonNode node) {
    JsonNode tag = node.get(DocumentWriter.TAG);
    if (tag != null && tag.isString()) {
      try {
        Object value = form(tag.stringValue(), node);
        if (value != null) {
          return value instanceof Absent ? null : value;
        }
      } catch (IllegalArgumentException | DateTimeException | ArithmeticException broken) {
        // Falls through: a broken form is the map that it is.
      }
    }
    return fields(node);
  }

  private Map<String, @Nullable Object> fields(JsonNode node) {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    node.properties().forEach(field -> fields.put(field.getKey(), read(field.getValue())));
    return fields;
  }

  /** The value of a form; null where there is no such form. */
  private @Nullable Object form(String tag, JsonNode node) {
    return switch (tag) {
      case "int" -> hex(text(node, "hex"));
      case "float" -> special(text(node, "value"));
      case "str" -> Surrogates.unescape(text(node, "escaped"));
      case "bytes" -> attachment(node);
      case "tuple" -> list(items(node));
      case "set" -> set(node);
      case "dict" -> pairs(node);
      case "decimal" -> decimal(text(node, "value"));
      case "datetime" -> dateTime(text(node, "iso"));
      case "date" -> LocalDate.parse(text(node, "iso"));
      case "time" -> time(text(node, "iso"));
      case "timedelta" ->
          Duration.ofDays(number(node, "days"))
              .plusSeconds(number(node, "seconds"))
              .plusNanos(Math.multiplyExact(number(node, "microseconds"), 1000L));
      case "uuid" -> UUID.fromString(text(node, "value"));
      case "path" -> path(node);
      case "enum" -> enumValue(node);
      case "object" -> node.path("fields").isObject() ? fields(node.get("fields")) : null;
      case "ndarray" -> ndarray(node);
      default -> null;
    };
  }

  private @Nullable Object path(JsonNode node) {
    return read(node.get("value")) instanceof String text ? text : null;
  }

  private Object enumValue(JsonNode node) {
    Object value = read(node.get("value"));
    return value == null ? Absent.VALUE : value;
  }

  private Map<String, @Nullable Object> ndarray(JsonNode node) {
    Map<String, @Nullable Object> fields = fields(node);
    fields.put("data", attachment(node));
    return fields;
  }

  private Set<@Nullable Object> set(JsonNode node) {
    return new LinkedHashSet<>(list(items(node)));
  }

  private Map<@Nullable Object, @Nullable Object> pairs(JsonNode node) {
    Map<@Nullable Object, @Nullable Object> map = new LinkedHashMap<>();
    for (JsonNode pair : items(node)) {
      if (!pair.isArray() || pair.size() != 2) {
        throw new IllegalArgumentException("not a pair");
      }
      map.put(read(pair.get(0)), read(pair.get(1)));
    }
    return map;
  }

  private byte[] attachment(JsonNode node) {
    long index = number(node, "attachment");
    if (index < 0 || index >= attachments.size()) {
      throw new IllegalArgumentException("no attachment " + index);
    }
    return attachments.get((int) index);
  }

  private static BigInteger hex(String text) {
    boolean negative = text.startsWith("-");
    String digits = negative ? text.substring(1) : text;
    if (!digits.startsWith("0x") || digits.length() > 2 + MAX_HEX_DIGITS) {
      throw new IllegalArgumentException("not a hexadecimal number");
    }
    BigInteger value = new BigInteger(digits.substring(2), 16);
    return negative ? value.negate() : value;
  }

  /** BigInteger's own limit is 2^31 bits; a guest need not take us there. */
  private static final int MAX_HEX_DIGITS = 8 * 1024 * 1024;

  private static Object special(String text) {
    return switch (text) {
      case "nan" -> Double.NaN;
      case "inf" -> Double.POSITIVE_INFINITY;
      case "-inf" -> Double.NEGATIVE_INFINITY;
      default -> throw new IllegalArgumentException("not a special float");
    };
  }

  private static Object decimal(String text) {
    try {
      return text.length() <= 10_000 ? new BigDecimal(text) : text;
    } catch (NumberFormatException notFinite) {
      return text;
    }
  }

  private static Object dateTime(String iso) {
    try {
      return OffsetDateTime.parse(iso);
    } catch (DateTimeException naive) {
      return LocalDateTime.parse(iso);
    }
  }

  private static Object time(String iso) {
    try {
      return OffsetTime.parse(iso);
    } catch (DateTimeException naive) {
      return LocalTime.parse(iso);
    }
  }

  private static JsonNode items(JsonNode node) {
    JsonNode items = node.path("items");
    if (!items.isArray()) {
      throw new IllegalArgumentException("no items");
    }
    return items;
  }

  private static String text(JsonNode node, String name) {
    JsonNode value = node.get(name);
    if (value == null || !value.isString()) {
      throw new IllegalArgumentException("no text " + name);
    }
    return value.stringValue();
  }

  private static long number(JsonNode node, String name) {
    JsonNode value = node.get(name);
    if (value == null || !value.isIntegralNumber() || !value.canConvertToLong()) {
      throw new IllegalArgumentException("no number " + name);
    }
    return value.longValue();
  }

  private enum Absent {
    VALUE
  }
}
