package dev.pyvisor.document;

import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayDeque;
import java.util.Deque;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * JSON schemas of Java types, for what {@link Conversions} can make of Python values.
 *
 * <p>Confined to the calling thread.
 */
public final class Schemas {
  private final Deque<Class<?>> open = new ArrayDeque<>();

  private final boolean exact;

  private Schemas(boolean exact) {
    this.exact = exact;
  }

  /**
   * The schema as JSON text.
   *
   * @param what names the parameter in the error
   * @throws IllegalArgumentException for a type that no Python value can become
   */
  public static String of(Type type, String what) {
    return new Schemas(false).schema(JavaTypes.of(type), what).toString();
  }

  /**
   * The same, saying also what only a program needs that checks a value by it: the ranges of whole
   * numbers, and that an Optional may be {@code None}.
   *
   * @param what names the value in the error
   * @throws IllegalArgumentException for a type that no Python value can become
   */
  public static String exact(Type type, String what) {
    return new Schemas(true).schema(JavaTypes.of(type), what).toString();
  }

  /** Whether a value of the type may be left out, or be {@code None}, without a default. */
  public static boolean isOptional(Type type) {
    return Shape.of(JavaTypes.of(type)) == Shape.OPTIONAL;
  }

  /** Whether the type takes every value as it is, {@code None} too. */
  public static boolean isAny(Type type) {
    return Shape.of(JavaTypes.of(type)) == Shape.ANY;
  }

  private ObjectNode schema(JavaType type, String what) {
    Scalar scalar = Scalar.of(type.getRawClass());
    if (scalar != null) {
      ObjectNode single = scalar(scalar, type.getRawClass());
      return exact && Shape.of(type) == Shape.OPTIONAL ? orNull(single) : single;
    }
    return switch (Shape.of(type)) {
      case ANY -> node();
      case OPTIONAL -> {
        ObjectNode present = schema(type.containedTypeOrUnknown(0), what);
        yield exact ? orNull(present) : present;
      }
      case ARRAY -> list(schema(type.getContentType(), what));
      case LIST -> list(schema(type.containedTypeOrUnknown(0), what));
      case SET -> list(schema(type.containedTypeOrUnknown(0), what)).put("uniqueItems", true);
      case MAP -> map(type, what);
      case ENUM -> choice(type);
      case RECORD -> record(type, what);
      case BEAN -> node().put("type", "object");
      default ->
          throw new IllegalArgumentException(
              what
                  + " is a "
                  + type.toCanonical()
                  + ", which no Python value can become; use a primitive, String, List, Set, Map,"
                  + " enum, record, byte[], java.time type, or Object");
    };
  }

  private ObjectNode scalar(Scalar scalar, Class<?> type) {
    ObjectNode schema = node().put("type", scalar.schema());
    if (exact) {
      Numbers.range(type)
          .ifPresent(range -> schema.put("minimum", range.least()).put("maximum", range.most()));
    }
    if (!scalar.format().isEmpty()) {
      schema.put("format", scalar.format());
    }
    return schema;
  }

  private static ObjectNode orNull(ObjectNode present) {
    if (present.isEmpty()) {
      return present;
    }
    ObjectNode either = node();
    either.putArray("anyOf").add(present).add(node().put("type", "null"));
    return either;
  }

  private static ObjectNode list(ObjectNode items) {
    ObjectNode list = node().put("type", "array");
    list.set("items", items);
    return list;
  }

  private ObjectNode map(JavaType type, String what) {
    schema(type.containedTypeOrUnknown(0), what); // a key that cannot be is refused
    ObjectNode map = node().put("type", "object");
    map.set("additionalProperties", schema(type.containedTypeOrUnknown(1), what));
    return map;
  }

  private static ObjectNode choice(JavaType type) {
    ObjectNode choice = node().put("type", "string");
    ArrayNode names = choice.putArray("enum");
    for (Object constant : type.getRawClass().getEnumConstants()) {
      names.add(((Enum<?>) constant).name());
    }
    return choice;
  }

  private ObjectNode record(JavaType type, String what) {
    ObjectNode schema = node().put("type", "object");
    if (open.contains(type.getRawClass())) {
      return schema; // inside itself: the outer one says what it looks like
    }
    open.push(type.getRawClass());
    ObjectNode properties = schema.putObject("properties");
    ArrayNode required = schema.putArray("required");
    for (RecordComponent component : type.getRawClass().getRecordComponents()) {
      JavaType own = JavaTypes.of(component, type);
      properties.set(component.getName(), schema(own, what + "." + component.getName()));
      if (Shape.of(own) != Shape.OPTIONAL) {
        required.add(component.getName());
      }
    }
    schema.put("additionalProperties", false);
    open.pop();
    return schema;
  }

  private static ObjectNode node() {
    return JsonNodeFactory.instance.objectNode();
  }
}
