package dev.pyvisor.document;

import java.lang.invoke.MethodType;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Numbers as the number types of Java, strictly: nothing is rounded to a whole number, nothing
 * wraps, and neither text nor a boolean is a number. Each method returns null for a misfit.
 *
 * <p>Immutable.
 */
final class Numbers {
  private static final Map<Class<?>, Range> RANGES =
      Map.of(
          byte.class, new Range(Byte.MIN_VALUE, Byte.MAX_VALUE),
          short.class, new Range(Short.MIN_VALUE, Short.MAX_VALUE),
          int.class, new Range(Integer.MIN_VALUE, Integer.MAX_VALUE),
          long.class, new Range(Long.MIN_VALUE, Long.MAX_VALUE),
          OptionalInt.class, new Range(Integer.MIN_VALUE, Integer.MAX_VALUE),
          OptionalLong.class, new Range(Long.MIN_VALUE, Long.MAX_VALUE));

  /**
   * What a whole number may be.
   *
   * <p>Immutable.
   */
  record Range(long least, long most) {}

  private Numbers() {}

  /** What a type of whole numbers holds; empty for another type. */
  static Optional<Range> range(Class<?> type) {
    return Optional.ofNullable(RANGES.get(MethodType.methodType(type).unwrap().returnType()));
  }

  static @Nullable Object whole(
      Object value, long least, long most, LongFunction<? extends Object> made) {
    BigInteger big = big(value);
    if (big == null || big.bitLength() >= Long.SIZE) {
      return null;
    }
    long number = big.longValue();
    return number < least || number > most ? null : made.apply(number);
  }

  static @Nullable BigInteger big(Object value) {
    if (value instanceof Long number) {
      return BigInteger.valueOf(number);
    }
    if (value instanceof BigInteger big) {
      return big;
    }
    if (value instanceof Integer || value instanceof Short || value instanceof Byte) {
      return BigInteger.valueOf(((Number) value).longValue());
    }
    return value instanceof BigDecimal decimal && decimal.stripTrailingZeros().scale() <= 0
        ? decimal.toBigInteger()
        : null;
  }

  static @Nullable Double real(Object value) {
    if (!(value instanceof Number number)) {
      return null;
    }
    double real = number.doubleValue();
    boolean lost =
        Double.isInfinite(real) && (value instanceof BigInteger || value instanceof BigDecimal);
    return lost ? null : (Double) real;
  }

  static @Nullable Float single(Object value) {
    Double real = real(value);
    if (real == null) {
      return null;
    }
    float single = real.floatValue();
    return Float.isInfinite(single) && !Double.isInfinite(real) ? null : (Float) single;
  }

  static @Nullable BigDecimal decimal(Object value) {
    if (value instanceof BigDecimal decimal) {
      return decimal;
    }
    if (value instanceof Double || value instanceof Float) {
      double real = ((Number) value).doubleValue();
      return Double.isFinite(real) ? new BigDecimal(value.toString()) : null;
    }
    BigInteger whole = big(value);
    return whole == null ? null : new BigDecimal(whole);
  }
}
