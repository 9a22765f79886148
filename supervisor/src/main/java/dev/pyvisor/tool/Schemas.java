package dev.pyvisor.tool;

import java.lang.reflect.GenericArrayType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.lang.reflect.WildcardType;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZonedDateTime;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * JSON schemas of Java types.
 *
 * <p>Confined to the calling thread.
 */
final class Schemas {
  private static final Map<Class<?>, String> SIMPLE =
      Map.ofEntries(
          Map.entry(boolean.class, "boolean"),
          Map.entry(Boolean.class, "boolean"),
          Map.entry(byte.class, "integer"),
          Map.entry(Byte.class, "integer"),
          Map.entry(short.class, "integer"),
          Map.entry(Short.class, "integer"),
          Map.entry(int.class, "integer"),
          Map.entry(Integer.class, "integer"),
          Map.entry(long.class, "integer"),
          Map.entry(Long.class, "integer"),
          Map.entry(BigInteger.class, "integer"),
          Map.entry(float.class, "number"),
          Map.entry(Float.class, "number"),
          Map.entry(double.class, "number"),
          Map.entry(Double.class, "number"),
          Map.entry(BigDecimal.class, "number"),
          Map.entry(Number.class, "number"),
          Map.entry(String.class, "string"),
          Map.entry(CharSequence.class, "string"),
          Map.entry(char.class, "string"),
          Map.entry(Character.class, "string"));
  private static final Map<Class<?>, String> FORMATS =
      Map.of(
          LocalDate.class, "date",
          LocalTime.class, "time",
          LocalDateTime.class, "date-time",
          OffsetDateTime.class, "date-time",
          ZonedDateTime.class, "date-time",
          Instant.class, "date-time",
          Duration.class, "duration",
          UUID.class, "uuid");

  private final Deque<Class<?>> open = new ArrayDeque<>();

  private Schemas() {}

  static ObjectNode of(Type type) {
    return new Schemas().schema(type);
  }

  private ObjectNode schema(Type type) {
    if (type instanceof ParameterizedType generic) {
      return generic(generic);
    }
    if (type instanceof GenericArrayType array) {
      return list(schema(array.getGenericComponentType()));
    }
    if (type instanceof WildcardType wildcard) {
      return schema(wildcard.getUpperBounds()[0]);
    }
    return type instanceof Class<?> plain ? plain(plain) : node();
  }

  private ObjectNode generic(ParameterizedType type) {
    Class<?> raw = (Class<?>) type.getRawType();
    Type[] arguments = type.getActualTypeArguments();
    if (raw == Optional.class) {
      return schema(arguments[0]);
    }
    if (Set.class.isAssignableFrom(raw)) {
      return list(schema(arguments[0])).put("uniqueItems", true);
    }
    if (Collection.class.isAssignableFrom(raw)) {
      return list(schema(arguments[0]));
    }
    if (Map.class.isAssignableFrom(raw)) {
      ObjectNode map = node().put("type", "object");
      map.set("additionalProperties", schema(arguments[1]));
      return map;
    }
    return plain(raw);
  }

  private ObjectNode plain(Class<?> type) {
    String simple = SIMPLE.get(type);
    if (simple != null) {
      return node().put("type", simple);
    }
    String format = FORMATS.get(type);
    if (format != null) {
      return node().put("type", "string").put("format", format);
    }
    if (type == byte[].class) {
      return node().put("type", "string").put("contentEncoding", "bytes");
    }
    if (type.isArray()) {
      return list(schema(type.getComponentType()));
    }
    if (type.isEnum()) {
      ObjectNode choice = node().put("type", "string");
      ArrayNode names = choice.putArray("enum");
      for (Object constant : type.getEnumConstants()) {
        names.add(((Enum<?>) constant).name());
      }
      return choice;
    }
    if (type.isRecord()) {
      return record(type);
    }
    if (Collection.class.isAssignableFrom(type)) {
      return node().put("type", "array");
    }
    return Map.class.isAssignableFrom(type) ? node().put("type", "object") : node();
  }

  private ObjectNode record(Class<?> type) {
    if (open.contains(type)) {
      return node().put("type", "object"); // inside itself: the outer one says what it looks like
    }
    open.push(type);
    ObjectNode schema = node().put("type", "object");
    ObjectNode properties = schema.putObject("properties");
    ArrayNode required = schema.putArray("required");
    for (RecordComponent component : type.getRecordComponents()) {
      properties.set(component.getName(), schema(component.getGenericType()));
      if (component.getType() != Optional.class) {
        required.add(component.getName());
      }
    }
    schema.put("additionalProperties", false);
    open.pop();
    return schema;
  }

  private static ObjectNode list(ObjectNode items) {
    ObjectNode list = node().put("type", "array");
    list.set("items", items);
    return list;
  }

  private static ObjectNode node() {
    return JsonNodeFactory.instance.objectNode();
  }
}
