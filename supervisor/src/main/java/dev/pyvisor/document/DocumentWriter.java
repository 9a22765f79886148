package dev.pyvisor.document;

import dev.pyvisor.wire.Json;
import dev.pyvisor.wire.Limits;
import java.lang.reflect.Array;
import java.lang.reflect.RecordComponent;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Turns a Java value into a document. Plain values, collections, maps, arrays, records, enums (by name), {@link Optional},
 * {@code byte[]}, big numbers, dates and times, {@link UUID} and {@link Path} have a form; anything else is refused by name.
 *
 * <p>Confined to the calling thread.
 */
public final class DocumentWriter {
  static final String TAG = "$py";

  /** What an envelope puts around a document, and the two levels that a tagged form may add. */
  private static final int DEPTH = Limits.JSON_DEPTH - 10;

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final List<byte[]> attachments = new ArrayList<>();
  private final int firstIndex;

  private DocumentWriter(int firstIndex) {
    this.firstIndex = firstIndex;
  }

  /** A document whose attachments are numbered from 0. */
  public static Document write(@Nullable Object value) {
    return write(value, 0);
  }

  /**
   * A document whose attachments are numbered from {@code firstIndex}.
   *
   * @throws DocumentException for a value that has no form
   */
  public static Document write(@Nullable Object value, int firstIndex) {
    DocumentWriter writer = new DocumentWriter(firstIndex);
    JsonNode node = writer.node(value, DEPTH);
    return new Document(Json.MAPPER.writeValueAsBytes(node), writer.attachments);
  }

  private JsonNode node(@Nullable Object value, int depth) {
    if (depth <= 0) {
      throw new DocumentException(
          "the value is nested deeper than " + DEPTH + " levels, or contains itself; send it flatter");
    }
    JsonNode scalar = scalar(value, depth);
    if (scalar != null) {
      return scalar;
    }
    if (value instanceof Map<?, ?> map) {
      return map(map, depth);
    }
    if (value instanceof Set<?> set) {
      return tagged("set").set("items", array(set, depth - 1));
    }
    if (value instanceof Iterable<?> items && !(value instanceof Path)) {
      return array(items, depth);
    }
    if (value instanceof Record record) {
      return record(record, depth);
    }
    if (value != null && value.getClass().isArray()) {
      return array(value, depth);
    }
    return other(value);
  }

  private @Nullable JsonNode scalar(@Nullable Object value, int depth) {
    if (value == null) {
      return NODES.nullNode();
    }
    if (value instanceof Boolean flag) {
      return NODES.booleanNode(flag);
    }
    if (value instanceof Number number) {
      return number(number);
    }
    if (value instanceof CharSequence || value instanceof Character) {
      return text(value.toString());
    }
    if (value instanceof Enum<?> constant) {
      return text(constant.name());
    }
    if (value instanceof byte[] bytes) {
      return attachment(bytes.clone());
    }
    if (value instanceof Optional<?> optional) {
      return node(optional.orElse(null), depth - 1);
    }
    if (value instanceof OptionalInt optional) {
      return optional.isPresent() ? NODES.numberNode(optional.getAsInt()) : NODES.nullNode();
    }
    if (value instanceof OptionalLong optional) {
      return optional.isPresent() ? NODES.numberNode(optional.getAsLong()) : NODES.nullNode();
    }
    if (value instanceof OptionalDouble optional) {
      return optional.isPresent() ? decimal(optional.getAsDouble()) : NODES.nullNode();
    }
    return null;
  }

  private static JsonNode number(Number number) {
    if (number instanceof Integer || number instanceof Long || number instanceof Short || number instanceof Byte) {
      return NODES.numberNode(number.longValue());
    }
    if (number instanceof Double || number instanceof Float) {
      // Through text: a float's 0.1 is 0.1 in Python, not 0.10000000149.
      return decimal(number instanceof Float ? Double.parseDouble(number.toString()) : number.doubleValue());
    }
    if (number instanceof BigInteger big) {
      return big.bitLength() < Long.SIZE
          ? NODES.numberNode(big.longValue())
          : tagged("int").put("hex", (big.signum() < 0 ? "-0x" : "0x") + big.abs().toString(16));
    }
    if (number instanceof BigDecimal big) {
      return tagged("decimal").put("value", big.toString());
    }
    throw refused(number);
  }

  private static JsonNode decimal(double number) {
    if (Double.isFinite(number)) {
      return NODES.numberNode(number);
    }
    return tagged("float").put("value", Double.isNaN(number) ? "nan" : number > 0 ? "inf" : "-inf");
  }

  private static JsonNode text(String text) {
    return Surrogates.areLone(text)
        ? tagged("str").put("escaped", Surrogates.escape(text))
        : NODES.stringNode(text);
  }

  private ObjectNode attachment(byte[] bytes) {
    if (attachments.size() + firstIndex >= Limits.ATTACHMENTS) {
      throw new DocumentException(
          "a value holds more than " + Limits.ATTACHMENTS + " byte arrays; join them, or write a file");
    }
    attachments.add(bytes);
    return tagged("bytes").put("attachment", firstIndex + attachments.size() - 1);
  }

  private JsonNode map(Map<?, ?> map, int depth) {
    boolean plain =
        map.keySet().stream()
            .allMatch(key -> key instanceof String text && !text.equals(TAG) && !Surrogates.areLone(text));
    if (plain) {
      ObjectNode node = NODES.objectNode();
      map.forEach((key, item) -> node.set((String) key, node(item, depth - 1)));
      return node;
    }
    ArrayNode items = NODES.arrayNode();
    map.forEach((key, item) -> items.addArray().add(node(key, depth - 3)).add(node(item, depth - 3)));
    return tagged("dict").set("items", items);
  }

  private ArrayNode array(Iterable<?> items, int depth) {
    ArrayNode node = NODES.arrayNode();
    items.forEach(item -> node.add(node(item, depth - 1)));
    return node;
  }

  private ArrayNode array(Object array, int depth) {
    ArrayNode node = NODES.arrayNode();
    int length = Array.getLength(array);
    for (int index = 0; index < length; index++) {
      node.add(node(Array.get(array, index), depth - 1));
    }
    return node;
  }

  private ObjectNode record(Record record, int depth) {
    ObjectNode node = NODES.objectNode();
    for (RecordComponent component : record.getClass().getRecordComponents()) {
      node.set(component.getName(), node(read(record, component), depth - 1));
    }
    return node;
  }

  private static @Nullable Object read(Record record, RecordComponent component) {
    try {
      component.getAccessor().setAccessible(true);
      return component.getAccessor().invoke(record);
    } catch (ReflectiveOperationException | RuntimeException problem) {
      throw new DocumentException(
          "cannot read " + component.getName() + " of record " + record.getClass().getName()
              + "; make the record public or open its package", problem);
    }
  }

  private static JsonNode other(@Nullable Object value) {
    if (value instanceof Instant instant) {
      return time("datetime", instant.atOffset(ZoneOffset.UTC).truncatedTo(ChronoUnit.MICROS));
    }
    if (value instanceof OffsetDateTime time) {
      return time("datetime", time.truncatedTo(ChronoUnit.MICROS));
    }
    if (value instanceof ZonedDateTime time) {
      ObjectNode node = time("datetime", time.toOffsetDateTime().truncatedTo(ChronoUnit.MICROS));
      return time.getZone() instanceof ZoneOffset ? node : node.put("zone", time.getZone().getId());
    }
    if (value instanceof LocalDateTime time) {
      return time("datetime", time.truncatedTo(ChronoUnit.MICROS));
    }
    if (value instanceof LocalDate date) {
      return time("date", date);
    }
    if (value instanceof LocalTime time) {
      return time("time", time.truncatedTo(ChronoUnit.MICROS));
    }
    if (value instanceof OffsetTime time) {
      return time("time", time.truncatedTo(ChronoUnit.MICROS));
    }
    if (value instanceof Duration duration) {
      long seconds = duration.getSeconds();
      return tagged("timedelta")
          .put("days", Math.floorDiv(seconds, 86_400L))
          .put("seconds", Math.floorMod(seconds, 86_400L))
          .put("microseconds", duration.getNano() / 1000);
    }
    if (value instanceof UUID uuid) {
      return tagged("uuid").put("value", uuid.toString());
    }
    if (value instanceof Path path) {
      return tagged("path").put("value", path.toString());
    }
    throw refused(value);
  }

  private static ObjectNode time(String tag, Object value) {
    String iso = value.toString();
    // Python before 3.11 reads neither Z nor a time without seconds nor 1 to 2 digits of a fraction.
    return tagged(tag).put("iso", PythonTimes.of(iso));
  }

  private static ObjectNode tagged(String tag) {
    return NODES.objectNode().put(TAG, tag);
  }

  private static DocumentException refused(@Nullable Object value) {
    return new DocumentException(
        "an object of "
            + (value == null ? "null" : value.getClass().getName())
            + " cannot be sent to Python; return a record, Map, List, array, String, number, boolean, byte[] or time");
  }
}
