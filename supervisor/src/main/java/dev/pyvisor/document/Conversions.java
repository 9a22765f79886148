package dev.pyvisor.document;

import java.lang.invoke.MethodType;
import java.lang.reflect.Array;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JavaType;

/**
 * Plain values as the Java types that a program asks for. Strict: no text for a number, no fraction
 * for a whole number, no number beyond its type's range, no field that a record does not have.
 * {@code None} becomes null, or an empty Optional, and is refused for a primitive.
 *
 * <p>Immutable.
 */
public final class Conversions {
  private Conversions() {}

  /**
   * Converts a plain value.
   *
   * @param what names the value in the error
   * @throws DocumentException when it does not fit
   */
  public static @Nullable Object convert(@Nullable Object value, Type wanted, String what) {
    try {
      return convert(value, JavaTypes.of(wanted));
    } catch (Misfit misfit) {
      throw misfit.named(what);
    }
  }

  /**
   * Converts a plain value to a class, also to that of a primitive; {@code None} is refused.
   *
   * @param what names the value in the error
   * @throws DocumentException when it does not fit
   */
  @SuppressWarnings("unchecked") // the wrapper's class is that of a T
  public static <T> T required(@Nullable Object value, Class<T> wanted, String what) {
    Object converted = convert(value, wanted, what);
    if (converted == null) {
      throw new Misfit(wanted(JavaTypes.of(wanted)), (Object) null).named(what);
    }
    return (T) MethodType.methodType(wanted).wrap().returnType().cast(converted);
  }

  static @Nullable Object convert(@Nullable Object value, JavaType type) throws Misfit {
    Shape shape = Shape.of(type);
    if (shape == Shape.ANY) {
      return value;
    }
    if (shape == Shape.OPTIONAL) {
      return optional(value, type);
    }
    if (value == null) {
      if (type.isPrimitive()) {
        throw new Misfit(wanted(type), (Object) null);
      }
      return null;
    }
    return switch (shape) {
      case SCALAR -> scalar(value, type);
      case ARRAY -> array(items(value, type), type);
      case LIST -> list(items(value, type), type.containedTypeOrUnknown(0));
      case SET -> new LinkedHashSet<>(list(items(value, type), type.containedTypeOrUnknown(0)));
      case MAP -> map(value, type);
      case ENUM -> constant(value, type);
      case RECORD -> Records.make(value, type);
      case BEAN -> Records.bean(value, type);
      default -> throw new Misfit(wanted(type), value);
    };
  }

  private static @Nullable Object optional(@Nullable Object value, JavaType type) throws Misfit {
    if (type.getRawClass() == Optional.class) {
      return Optional.ofNullable(convert(value, type.containedTypeOrUnknown(0)));
    }
    return value == null ? Scalar.empty(type.getRawClass()) : scalar(value, type);
  }

  private static Object scalar(Object value, JavaType type) throws Misfit {
    Scalar scalar = Scalar.of(type.getRawClass());
    Object converted = scalar == null ? null : scalar.convert(value);
    if (converted == null) {
      throw new Misfit(wanted(type), value);
    }
    return converted;
  }

  private static Collection<?> items(Object value, JavaType type) throws Misfit {
    if (value instanceof Collection<?> items) {
      return items;
    }
    throw new Misfit(wanted(type), value);
  }

  private static List<@Nullable Object> list(Collection<?> items, JavaType item) throws Misfit {
    List<@Nullable Object> list = new ArrayList<>(items.size());
    for (Object one : items) {
      try {
        list.add(convert(one, item));
      } catch (Misfit misfit) {
        throw misfit.inside("[" + list.size() + "]");
      }
    }
    return list;
  }

  private static Object array(Collection<?> items, JavaType type) throws Misfit {
    List<@Nullable Object> converted = list(items, type.getContentType());
    Object array = Array.newInstance(type.getContentType().getRawClass(), converted.size());
    for (int index = 0; index < converted.size(); index++) {
      Array.set(array, index, converted.get(index));
    }
    return array;
  }

  private static Map<@Nullable Object, @Nullable Object> map(Object value, JavaType type)
      throws Misfit {
    if (!(value instanceof Map<?, ?> entries)) {
      throw new Misfit(wanted(type), value);
    }
    JavaType key = type.containedTypeOrUnknown(0);
    JavaType item = type.containedTypeOrUnknown(1);
    Map<@Nullable Object, @Nullable Object> map = new LinkedHashMap<>();
    for (Map.Entry<?, ?> entry : entries.entrySet()) {
      try {
        map.put(convert(entry.getKey(), key), convert(entry.getValue(), item));
      } catch (Misfit misfit) {
        throw misfit.inside("[" + Shown.of(entry.getKey()) + "]");
      }
    }
    return map;
  }

  private static Object constant(Object value, JavaType type) throws Misfit {
    for (Object constant : type.getRawClass().getEnumConstants()) {
      if (((Enum<?>) constant).name().equals(value)) {
        return constant;
      }
    }
    throw new Misfit(wanted(type), value);
  }

  /** What an error message asks for: in Python's words, and the Java type. */
  static String wanted(JavaType type) {
    String java = type.toCanonical().replaceAll("\\b(?:\\w+[.$])+", "");
    return asked(type) + " (Java's " + java + ")";
  }

  private static String asked(JavaType type) {
    Scalar scalar = Scalar.of(type.getRawClass());
    if (scalar != null) {
      return scalar.wanted();
    }
    return switch (Shape.of(type)) {
      case ARRAY, LIST -> "a list";
      case SET -> "a set or a list";
      case MAP, BEAN -> "a dict";
      case ENUM -> "one of " + names(type);
      case RECORD -> "a dict with " + String.join(", ", Records.names(type));
      default -> "asked for as another type; no value can become this one";
    };
  }

  private static String names(JavaType type) {
    return Shown.text(
        Stream.of(type.getRawClass().getEnumConstants())
            .map(constant -> "'" + ((Enum<?>) constant).name() + "'")
            .collect(Collectors.joining(", ")));
  }
}
