package dev.pyvisor.document;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JavaType;

/**
 * Records and beans made of dicts. A component that is an Optional may be missing, no other; a
 * field too many is an error, because it is one that the caller thinks we understand.
 *
 * <p>Immutable.
 */
final class Records {
  private Records() {}

  static List<String> names(JavaType type) {
    return Arrays.stream(type.getRawClass().getRecordComponents())
        .map(RecordComponent::getName)
        .toList();
  }

  static Object make(Object value, JavaType type) throws Misfit {
    Map<?, ?> fields = fields(value, type);
    RecordComponent[] components = type.getRawClass().getRecordComponents();
    List<String> names = names(type);
    for (Object field : fields.keySet()) {
      if (!names.contains(field)) {
        throw new Misfit(Conversions.wanted(type), "one with " + Shown.of(field), null);
      }
    }
    Object[] values = new Object[components.length];
    for (int index = 0; index < components.length; index++) {
      values[index] = component(fields, components[index], type);
    }
    return construct(type.getRawClass(), components, values);
  }

  private static @Nullable Object component(
      Map<?, ?> fields, RecordComponent component, JavaType owner) throws Misfit {
    String name = component.getName();
    JavaType type = JavaTypes.of(component, owner);
    if (!fields.containsKey(name) && Shape.of(type) != Shape.OPTIONAL) {
      throw new Misfit(Conversions.wanted(owner), "one without '" + name + "'", null);
    }
    try {
      return Conversions.convert(fields.get(name), type);
    } catch (Misfit misfit) {
      throw misfit.inside("." + name);
    }
  }

  private static Object construct(Class<?> type, RecordComponent[] components, Object[] values)
      throws Misfit {
    String wanted = "acceptable to " + type.getName();
    try {
      Constructor<?> constructor =
          type.getDeclaredConstructor(
              Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new));
      constructor.setAccessible(true);
      return constructor.newInstance(values);
    } catch (InvocationTargetException refused) {
      Throwable cause = refused.getCause();
      throw new Misfit(wanted, "one that it refuses: " + Shown.text(String.valueOf(cause)), cause);
    } catch (ReflectiveOperationException | RuntimeException closed) {
      throw new Misfit(wanted, "made, because the record is closed to us: " + closed, closed);
    }
  }

  static Object bean(Object value, JavaType type) throws Misfit {
    if (type.getRawClass().isInstance(value)) {
      return value;
    }
    Map<?, ?> fields = fields(value, type);
    try {
      return JavaTypes.BEANS.convertValue(fields, type);
    } catch (JacksonException | IllegalArgumentException problem) {
      String reason =
          problem instanceof JacksonException known
              ? known.getOriginalMessage()
              : String.valueOf(problem.getMessage());
      throw new Misfit(
          Conversions.wanted(type), "one that cannot be read: " + Shown.text(reason), problem);
    }
  }

  private static Map<?, ?> fields(Object value, JavaType type) throws Misfit {
    if (value instanceof Map<?, ?> fields) {
      return fields;
    }
    throw new Misfit(Conversions.wanted(type), value);
  }
}
