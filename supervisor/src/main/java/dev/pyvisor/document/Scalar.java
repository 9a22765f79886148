package dev.pyvisor.document;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.ZonedDateTime;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * A Java type for single values: how it is described to Python, and how it is made of a plain
 * value.
 *
 * <p>Immutable.
 *
 * @param schema the type of its JSON schema; empty for any
 * @param format the format or encoding of its JSON schema; empty for none
 * @param wanted what an error message asks for
 * @param from makes it of a plain value; null for a misfit
 */
record Scalar(
    String schema, String format, String wanted, Function<Object, @Nullable Object> from) {

  private static final Map<Class<?>, Scalar> BY_TYPE = new HashMap<>();

  static {
    wholes();
    reals();
    texts();
    times();
  }

  /** The scalar of a Java type; null for a type of another kind. */
  static @Nullable Scalar of(Class<?> type) {
    return BY_TYPE.get(type);
  }

  /** The value as this type; null for a misfit. */
  @Nullable Object convert(Object value) {
    try {
      return from.apply(value);
    } catch (IllegalArgumentException | DateTimeException | ArithmeticException unfit) {
      return null;
    }
  }

  /** The empty one of the optional numbers. */
  static Object empty(Class<?> type) {
    return type == OptionalInt.class
        ? OptionalInt.empty()
        : type == OptionalLong.class ? OptionalLong.empty() : OptionalDouble.empty();
  }

  private static void wholes() {
    whole(byte.class, Byte.class, Byte.MIN_VALUE, Byte.MAX_VALUE, number -> (byte) number);
    whole(short.class, Short.class, Short.MIN_VALUE, Short.MAX_VALUE, number -> (short) number);
    whole(int.class, Integer.class, Integer.MIN_VALUE, Integer.MAX_VALUE, number -> (int) number);
    whole(long.class, Long.class, Long.MIN_VALUE, Long.MAX_VALUE, number -> number);
    put("integer", "", "an int", Numbers::big, BigInteger.class);
    Scalar ints = BY_TYPE.get(int.class);
    Scalar longs = BY_TYPE.get(long.class);
    put(
        "integer",
        "",
        ints.wanted,
        value -> ints.from.apply(value) instanceof Integer number ? OptionalInt.of(number) : null,
        OptionalInt.class);
    put(
        "integer",
        "",
        longs.wanted,
        value -> longs.from.apply(value) instanceof Long number ? OptionalLong.of(number) : null,
        OptionalLong.class);
  }

  private static void whole(
      Class<?> primitive, Class<?> boxed, long least, long most, LongFunction<Object> made) {
    put(
        "integer",
        "",
        "an int from " + least + " to " + most,
        value -> Numbers.whole(value, least, most, made),
        primitive,
        boxed);
  }

  private static void reals() {
    put("number", "", "a float", Numbers::real, double.class, Double.class);
    put("number", "", "a float of single precision", Numbers::single, float.class, Float.class);
    put("number", "", "a finite number", Numbers::decimal, BigDecimal.class);
    put("number", "", "a number", same(Number.class), Number.class);
    put(
        "number",
        "",
        "a float",
        value -> {
          Double real = Numbers.real(value);
          return real == null ? null : OptionalDouble.of(real);
        },
        OptionalDouble.class);
  }

  private static void texts() {
    put("boolean", "", "a bool", same(Boolean.class), boolean.class, Boolean.class);
    put("string", "", "a str", same(String.class), String.class, CharSequence.class);
    put("string", "", "a str of one character", Scalar::character, char.class, Character.class);
    put("string", "binary", "bytes", same(byte[].class), byte[].class);
    put(
        "string",
        "uuid",
        "a uuid.UUID or its text",
        text(UUID.class, UUID::fromString),
        UUID.class);
    put("string", "path", "a path", text(Path.class, Path::of), Path.class);
    put("string", "uri", "a str with a URI", text(URI.class, URI::create), URI.class);
  }

  private static void times() {
    time("date", "a datetime.date", LocalDate.class, LocalDate::parse);
    time("time", "a datetime.time without tzinfo", LocalTime.class, LocalTime::parse);
    time("time", "a datetime.time with tzinfo", OffsetTime.class, OffsetTime::parse);
    time("date-time", "a datetime without tzinfo", LocalDateTime.class, LocalDateTime::parse);
    time("duration", "a timedelta", Duration.class, Duration::parse);
    String aware = "a datetime with tzinfo";
    time("date-time", aware, OffsetDateTime.class, OffsetDateTime::parse);
    BY_TYPE.put(Instant.class, after(BY_TYPE.get(OffsetDateTime.class), OffsetDateTime::toInstant));
    BY_TYPE.put(
        ZonedDateTime.class,
        after(BY_TYPE.get(OffsetDateTime.class), OffsetDateTime::toZonedDateTime));
  }

  private static <T> void time(
      String format, String wanted, Class<T> type, Function<String, T> parse) {
    put("string", format, wanted + " or its ISO text", text(type, parse), type);
  }

  private static Scalar after(Scalar aware, Function<OffsetDateTime, Object> then) {
    return new Scalar(
        aware.schema,
        aware.format,
        aware.wanted,
        value -> aware.from.apply(value) instanceof OffsetDateTime time ? then.apply(time) : null);
  }

  private static Function<Object, @Nullable Object> same(Class<?> type) {
    return value -> type.isInstance(value) ? value : null;
  }

  private static Function<Object, @Nullable Object> text(
      Class<?> type, Function<String, ? extends Object> parse) {
    return value ->
        type.isInstance(value) ? value : value instanceof String text ? parse.apply(text) : null;
  }

  private static @Nullable Object character(Object value) {
    return value instanceof String text && text.length() == 1 ? (Character) text.charAt(0) : null;
  }

  private static void put(
      String schema,
      String format,
      String wanted,
      Function<Object, ? extends @Nullable Object> from,
      Class<?>... types) {
    for (Class<?> type : types) {
      BY_TYPE.put(type, new Scalar(schema, format, wanted, from::apply));
    }
  }
}
