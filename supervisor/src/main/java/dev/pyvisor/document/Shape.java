package dev.pyvisor.document;

import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import tools.jackson.databind.JavaType;

/**
 * What kind of thing a Java type is, for conversions and schemas alike.
 *
 * <p>Immutable.
 */
enum Shape {
  /** Takes any value as it is. */
  ANY,
  SCALAR,
  OPTIONAL,
  ARRAY,
  LIST,
  SET,
  MAP,
  ENUM,
  RECORD,
  /** A class of the program's own that Jackson fills. */
  BEAN,
  /** Nothing that a Python value could become. */
  NONE;

  private static final Set<Class<?>> OPTIONALS =
      Set.of(Optional.class, OptionalInt.class, OptionalLong.class, OptionalDouble.class);

  static Shape of(JavaType type) {
    Class<?> raw = type.getRawClass();
    if (raw == Object.class) {
      return ANY;
    }
    if (OPTIONALS.contains(raw)) {
      return OPTIONAL;
    }
    if (Scalar.of(raw) != null) {
      return SCALAR;
    }
    if (raw.isArray()) {
      return ARRAY;
    }
    if (raw.isEnum()) {
      return ENUM;
    }
    return raw.isRecord() ? RECORD : container(raw);
  }

  /** The container types that one of ours can stand for; others are refused, not guessed. */
  private static Shape container(Class<?> raw) {
    if (raw.isAssignableFrom(ArrayList.class)) {
      return LIST;
    }
    if (raw.isAssignableFrom(LinkedHashSet.class)) {
      return SET;
    }
    if (raw.isAssignableFrom(LinkedHashMap.class)) {
      return MAP;
    }
    ClassLoader loader = raw.getClassLoader();
    boolean platform = loader == null || loader == ClassLoader.getPlatformClassLoader();
    boolean made = !raw.isInterface() && !Modifier.isAbstract(raw.getModifiers());
    return !platform && made ? BEAN : NONE;
  }
}
