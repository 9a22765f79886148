package dev.pyvisor.document;

import static java.time.temporal.ChronoField.HOUR_OF_DAY;
import static java.time.temporal.ChronoField.MINUTE_OF_HOUR;
import static java.time.temporal.ChronoField.SECOND_OF_MINUTE;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.time.temporal.TemporalAccessor;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Dates and times between Java and ISO text that every Python from 3.9 on reads: seconds always
 * there, fractions of exactly six digits, offsets in digits, years of four digits. What is finer
 * than Python's microseconds is cut off.
 *
 * <p>Immutable.
 */
final class Temporals {
  private static final DateTimeFormatter CLOCK =
      new DateTimeFormatterBuilder()
          .appendValue(HOUR_OF_DAY, 2)
          .appendLiteral(':')
          .appendValue(MINUTE_OF_HOUR, 2)
          .appendLiteral(':')
          .appendValue(SECOND_OF_MINUTE, 2)
          .toFormatter(Locale.ROOT);
  private static final DateTimeFormatter OFFSET =
      new DateTimeFormatterBuilder().appendOffset("+HH:MM:ss", "+00:00").toFormatter(Locale.ROOT);

  private static final Instant FIRST = Instant.parse("0001-01-01T00:00:00Z");
  private static final Instant LAST = Instant.parse("9999-12-31T23:59:59.999999999Z");
  private static final int FIRST_YEAR = 1;
  private static final int LAST_YEAR = 9999;
  private static final int SECONDS_A_DAY = 86_400;
  private static final long MAX_DAYS = 999_999_999;
  private static final int NANOS_A_MICRO = 1_000;

  private Temporals() {}

  /**
   * A time as Python has it: the form's name, its ISO text and perhaps the id of its zone.
   *
   * <p>Immutable.
   */
  record Form(String name, String iso, @Nullable String zone) {}

  /**
   * Python's timedelta.
   *
   * <p>Immutable.
   */
  record Delta(long days, int seconds, int micros) {}

  /** The form of a date or time; null for a value that is none. */
  static @Nullable Form form(Object value) {
    if (value instanceof Instant instant) {
      if (instant.isBefore(FIRST) || instant.isAfter(LAST)) {
        throw beyondYears(value);
      }
      return dateTime(instant.atOffset(ZoneOffset.UTC), null);
    }
    if (value instanceof ZonedDateTime time) {
      String zone = time.getZone() instanceof ZoneOffset ? null : time.getZone().getId();
      return dateTime(time.toOffsetDateTime(), zone);
    }
    if (value instanceof OffsetDateTime time) {
      return dateTime(time, null);
    }
    if (value instanceof LocalDateTime time) {
      return new Form("datetime", date(time.toLocalDate()) + "T" + clock(time), null);
    }
    if (value instanceof LocalDate date) {
      return new Form("date", date(date), null);
    }
    if (value instanceof LocalTime time) {
      return new Form("time", clock(time), null);
    }
    return value instanceof OffsetTime time
        ? new Form("time", clock(time) + OFFSET.format(time), null)
        : null;
  }

  static Delta delta(Duration duration) {
    long days = Math.floorDiv(duration.getSeconds(), (long) SECONDS_A_DAY);
    if (Math.abs(days) > MAX_DAYS) {
      throw new DocumentException(
          "a duration of " + days + " days is longer than Python has: " + MAX_DAYS, null);
    }
    return new Delta(
        days,
        (int) Math.floorMod(duration.getSeconds(), (long) SECONDS_A_DAY),
        duration.getNano() / NANOS_A_MICRO);
  }

  static Duration duration(long days, long seconds, long micros) {
    return Duration.ofDays(days)
        .plusSeconds(seconds)
        .plusNanos(Math.multiplyExact(micros, (long) NANOS_A_MICRO));
  }

  /** An {@link OffsetDateTime}, or a {@link LocalDateTime} where the text has no offset. */
  static Object readDateTime(String iso) {
    return DateTimeFormatter.ISO_DATE_TIME.parseBest(
        iso, OffsetDateTime::from, LocalDateTime::from);
  }

  /** An {@link OffsetTime}, or a {@link LocalTime} where the text has no offset. */
  static Object readTime(String iso) {
    return DateTimeFormatter.ISO_TIME.parseBest(iso, OffsetTime::from, LocalTime::from);
  }

  private static Form dateTime(OffsetDateTime time, @Nullable String zone) {
    return new Form(
        "datetime", date(time.toLocalDate()) + "T" + clock(time) + OFFSET.format(time), zone);
  }

  private static String date(LocalDate date) {
    if (date.getYear() < FIRST_YEAR || date.getYear() > LAST_YEAR) {
      throw beyondYears(date);
    }
    return date.toString();
  }

  private static DocumentException beyondYears(Object value) {
    return new DocumentException(
        value + " cannot be sent to Python, whose years go from " + FIRST_YEAR + " to " + LAST_YEAR,
        null);
  }

  private static String clock(TemporalAccessor time) {
    int micros = time.get(ChronoField.NANO_OF_SECOND) / NANOS_A_MICRO;
    String clock = CLOCK.format(time);
    return micros == 0 ? clock : clock + "." + String.format(Locale.ROOT, "%06d", micros);
  }
}
