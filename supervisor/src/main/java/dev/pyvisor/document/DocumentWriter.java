package dev.pyvisor.document;

import dev.pyvisor.document.Properties.Property;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.wire.Json;
import dev.pyvisor.wire.Limits;
import dev.pyvisor.wire.Surrogates;
import java.lang.reflect.Array;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.BaseStream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.JsonNode;

/**
 * Turns a Java value into a document (PROTOCOL.md section 9), in one pass, bounded in size and in
 * depth. Plain values, collections, maps, arrays, streams, records and beans (as dicts), enums (by
 * name), {@link Optional}, {@code byte[]}, big numbers, dates and times, {@link UUID} and {@link
 * Path} have a form; anything else is refused by the name of its class, never turned into text.
 *
 * <p>Confined to the calling thread.
 */
public final class DocumentWriter {
  static final String FORM = "$py";

  /** What an envelope puts around a document (error, data, its data), and a form of a scalar. */
  private static final int ENVELOPE_LEVELS = 4;

  private static final int DEPTH = Limits.JSON_DEPTH - ENVELOPE_LEVELS;

  /** A message has one attachment more where the document is itself one. */
  private static final int ATTACHMENTS = Limits.ATTACHMENTS - 1;

  private final List<byte[]> attachments = new ArrayList<>();
  private final Room room = new Room();
  private final JsonGenerator out = Json.MAPPER.createGenerator(room);

  private DocumentWriter() {}

  /**
   * Writes a value.
   *
   * @throws DocumentException for a value that has no form, is too deep or too large
   */
  public static Document write(@Nullable Object value) {
    DocumentWriter writer = new DocumentWriter();
    writer.value(value, 0);
    writer.out.close();
    return new Document(writer.room.toByteArray(), writer.attachments);
  }

  /** {@code depth}: how many arrays and objects are open around the value. */
  private void value(@Nullable Object value, int depth) {
    if (value == null) {
      out.writeNull();
    } else if (value instanceof CharSequence || value instanceof Character) {
      text(value.toString());
    } else if (value instanceof Boolean flag) {
      out.writeBoolean(flag);
    } else if (value instanceof Number number) {
      number(number);
    } else if (value instanceof Enum<?> constant) {
      text(constant.name());
    } else if (value instanceof Map<?, ?> map) {
      map(map, depth);
    } else if (value instanceof Set<?> set) {
      open("set", depth);
      out.writeName("items");
      items(set.iterator(), depth + 1);
      out.writeEndObject();
    } else if (value instanceof Collection<?> list) {
      items(list.iterator(), depth);
    } else if (value.getClass().isArray()) {
      array(value, depth);
    } else if (!optional(value, depth) && !scalarForm(value, depth)) {
      structure(value, depth);
    }
  }

  private void text(String text) {
    if (Surrogates.areIn(text)) {
      open("str", 0).writeStringProperty("escaped", Surrogates.escape(text));
      out.writeEndObject();
    } else {
      out.writeString(text);
    }
  }

  // ---- numbers ----

  private void number(Number number) {
    if (number instanceof Integer
        || number instanceof Long
        || number instanceof Short
        || number instanceof Byte
        || number instanceof AtomicInteger
        || number instanceof AtomicLong) {
      out.writeNumber(number.longValue());
    } else if (number instanceof Double) {
      real(number.doubleValue());
    } else if (number instanceof Float) {
      // Through its text: a float's 0.1 is 0.1 in Python, not 0.10000000149011612.
      real(Double.parseDouble(number.toString()));
    } else if (number instanceof BigInteger big) {
      integer(big);
    } else if (number instanceof BigDecimal big) {
      open("decimal", 0).writeStringProperty("value", big.toString());
      out.writeEndObject();
    } else {
      throw refused(number);
    }
  }

  private void real(double number) {
    if (Double.isFinite(number)) {
      out.writeNumber(number);
      return;
    }
    String name = Double.isNaN(number) ? "nan" : number > 0 ? "inf" : "-inf";
    open("float", 0).writeStringProperty("value", name);
    out.writeEndObject();
  }

  private void integer(BigInteger big) {
    if (big.bitLength() < Long.SIZE) {
      out.writeNumber(big.longValue());
      return;
    }
    open("int", 0).writeStringProperty("hex", Hex.write(big));
    out.writeEndObject();
  }

  // ---- containers ----

  private void items(Iterator<?> items, int depth) {
    deeper(depth);
    out.writeStartArray();
    while (items.hasNext()) {
      value(items.next(), depth + 1);
    }
    out.writeEndArray();
  }

  private void array(Object array, int depth) {
    if (array instanceof byte[] bytes) {
      attachment(bytes.clone(), depth);
      return;
    }
    if (array instanceof char[] characters) {
      text(new String(characters));
      return;
    }
    deeper(depth);
    out.writeStartArray();
    int length = Array.getLength(array);
    for (int index = 0; index < length; index++) {
      value(Array.get(array, index), depth + 1);
    }
    out.writeEndArray();
  }

  private void attachment(byte[] bytes, int depth) {
    if (attachments.size() >= ATTACHMENTS) {
      throw new DocumentException(
          ErrorCode.MESSAGE_TOO_LARGE,
          "the value holds more than "
              + ATTACHMENTS
              + " byte arrays, the most that a message can carry; join them, or write a file",
          null);
    }
    room.take(bytes.length);
    attachments.add(bytes);
    open("bytes", depth).writeNumberProperty("attachment", attachments.size() - 1);
    out.writeEndObject();
  }

  private void map(Map<?, ?> map, int depth) {
    if (!map.keySet().stream().allMatch(DocumentWriter::isPlainKey)) {
      pairs(map, depth);
      return;
    }
    deeper(depth);
    out.writeStartObject();
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      out.writeName((String) entry.getKey());
      value(entry.getValue(), depth + 1);
    }
    out.writeEndObject();
  }

  private static boolean isPlainKey(@Nullable Object key) {
    return key instanceof String text && !text.equals(FORM) && !Surrogates.areIn(text);
  }

  private void pairs(Map<?, ?> map, int depth) {
    open("dict", depth).writeName("items");
    deeper(depth + 1);
    out.writeStartArray();
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      deeper(depth + 2);
      out.writeStartArray();
      value(entry.getKey(), depth + 3);
      value(entry.getValue(), depth + 3);
      out.writeEndArray();
    }
    out.writeEndArray();
    out.writeEndObject();
  }

  private boolean optional(Object value, int depth) {
    if (value instanceof Optional<?> optional) {
      deeper(depth); // nested ones open nothing in the text, but on our stack
      value(optional.orElse(null), depth + 1);
    } else if (value instanceof OptionalInt optional) {
      value(optional.isPresent() ? optional.getAsInt() : null, depth);
    } else if (value instanceof OptionalLong optional) {
      value(optional.isPresent() ? optional.getAsLong() : null, depth);
    } else if (value instanceof OptionalDouble optional) {
      value(optional.isPresent() ? optional.getAsDouble() : null, depth);
    } else {
      return false;
    }
    return true;
  }

  // ---- forms of one value ----

  private boolean scalarForm(Object value, int depth) {
    Temporals.Form time = Temporals.form(value);
    if (time != null) {
      open(time.name(), depth).writeStringProperty("iso", time.iso());
      if (time.zone() != null) {
        out.writeStringProperty("zone", time.zone());
      }
    } else if (value instanceof Duration duration) {
      Temporals.Delta delta = Temporals.delta(duration);
      open("timedelta", depth)
          .writeNumberProperty("days", delta.days())
          .writeNumberProperty("seconds", delta.seconds())
          .writeNumberProperty("microseconds", delta.micros());
    } else if (value instanceof UUID uuid) {
      open("uuid", depth).writeStringProperty("value", uuid.toString());
    } else if (value instanceof Path path) {
      open("path", depth).writeName("value");
      text(path.toString());
    } else {
      return false;
    }
    out.writeEndObject();
    return true;
  }

  private void structure(Object value, int depth) {
    if (value instanceof BaseStream<?, ?> stream) {
      try (stream) {
        items(stream.iterator(), depth);
      }
      return;
    }
    if (value instanceof JsonNode node) {
      value(Json.MAPPER.treeToValue(node, Object.class), depth);
      return;
    }
    List<Property> properties = Properties.of(value.getClass());
    if (properties.isEmpty() && !(value instanceof Record)) {
      throw refused(value);
    }
    deeper(depth);
    out.writeStartObject();
    for (Property property : properties) {
      out.writeName(property.name());
      value(property.of(value), depth + 1);
    }
    out.writeEndObject();
  }

  /** Begins a form; the caller ends it. */
  private JsonGenerator open(String form, int depth) {
    deeper(depth);
    return out.writeStartObject().writeStringProperty(FORM, form);
  }

  private static void deeper(int depth) {
    if (depth >= DEPTH) {
      throw new DocumentException(
          "the value is nested deeper than "
              + DEPTH
              + " levels, or contains itself; send it flatter",
          null);
    }
  }

  private static DocumentException refused(Object value) {
    return new DocumentException(
        "an object of class "
            + value.getClass().getName()
            + " cannot be sent to Python; use a record, Map, List, array, String, number, boolean,"
            + " byte[] or java.time type",
        null);
  }
}
