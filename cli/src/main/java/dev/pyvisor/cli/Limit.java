package dev.pyvisor.cli;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * A limit of time as it is given on the command line: a number with a unit, or {@code none}.
 *
 * @param duration the limit in whole milliseconds; empty for {@code none}
 */
record Limit(Optional<Duration> duration) {
  private static final Pattern FORM = Pattern.compile("([0-9]+(?:\\.[0-9]+)?|\\.[0-9]+)(ms|s|m|h)");
  private static final Map<String, Long> MILLIS =
      Map.of("ms", 1L, "s", 1_000L, "m", 60_000L, "h", 3_600_000L);
  private static final Duration LONGEST = Duration.ofDays(1000);

  /** Reads {@code DUR} or {@code none}. */
  static final class OrNone implements ITypeConverter<Limit> {
    @Override
    public Limit convert(String text) {
      if (text.equals("none")) {
        return new Limit(Optional.empty());
      }
      Duration duration = duration(text, ", or none");
      if (duration.isZero()) {
        throw new TypeConversionException("'" + text + "' leaves no time; write 1ms or more");
      }
      return new Limit(Optional.of(duration));
    }
  }

  /** Reads {@code DUR}, which may be zero. */
  static final class Grace implements ITypeConverter<Duration> {
    @Override
    public Duration convert(String text) {
      return duration(text, "");
    }
  }

  private static Duration duration(String text, String otherwise) {
    Matcher form = FORM.matcher(text);
    if (!form.matches()) {
      throw new TypeConversionException(
          "'" + text + "' is no duration; write 500ms, 2s, 1.5s or 5m" + otherwise);
    }
    BigDecimal millis =
        new BigDecimal(form.group(1)).multiply(BigDecimal.valueOf(MILLIS.get(form.group(2))));
    if (millis.stripTrailingZeros().scale() > 0) {
      throw new TypeConversionException("'" + text + "' is finer than 1ms; write whole ms");
    }
    if (millis.compareTo(BigDecimal.valueOf(LONGEST.toMillis())) > 0) {
      throw new TypeConversionException(
          "'" + text + "' is longer than " + LONGEST.toDays() + " days; write less" + otherwise);
    }
    return Duration.ofMillis(millis.longValueExact());
  }
}
