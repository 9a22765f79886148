package dev.pyvisor.document;

import dev.pyvisor.wire.Limits;
import java.lang.reflect.Type;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * Plain values as the Java types that a program asks for. Strict: no text for a number, no fraction for a whole number, no
 * number beyond its type's range, no unknown field of a record.
 *
 * <p>Immutable.
 */
public final class Conversions {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
          .build();

  private Conversions() {}

  /**
   * Converts a plain value.
   *
   * @param what names the value in the error
   * @throws DocumentException when it does not fit
   */
  public static @Nullable Object convert(@Nullable Object value, Type wanted, String what) {
    if (wanted == Object.class) {
      return value;
    }
    JavaType type = MAPPER.constructType(wanted);
    if (value != null && !type.hasGenericTypes() && type.getRawClass().isInstance(value)) {
      return value;
    }
    try {
      return MAPPER.convertValue(value, type);
    } catch (JacksonException | IllegalArgumentException problem) {
      throw new DocumentException(
          what + " must be " + name(wanted) + ", not " + shown(value) + reason(problem), problem);
    }
  }

  static String name(Type type) {
    return type instanceof Class<?> named ? named.getSimpleName() : type.getTypeName().replaceAll("\\b[a-z]+\\.", "");
  }

  private static String shown(@Nullable Object value) {
    String text = String.valueOf(value);
    return text.length() <= Limits.GARBAGE_SHOWN
        ? text
        : text.substring(0, Limits.GARBAGE_SHOWN) + "…";
  }

  private static String reason(Exception problem) {
    String message =
        problem instanceof JacksonException jackson ? jackson.getOriginalMessage() : problem.getMessage();
    return message == null ? "" : " (" + message.lines().findFirst().orElse("") + ")";
  }
}
