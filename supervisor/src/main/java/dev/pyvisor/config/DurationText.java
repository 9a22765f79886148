package dev.pyvisor.config;

import dev.pyvisor.TimeLimit;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Limits of time as people write them: a number with a unit, like {@code 500ms}, {@code 1.5s},
 * {@code 5m} or {@code 2h}. Documents, the environment and the command line take the same.
 *
 * <p>Immutable.
 */
public final class DurationText {
  private static final Pattern FORM = Pattern.compile("([0-9]+(?:\\.[0-9]+)?|\\.[0-9]+)(ms|s|m|h)");
  private static final Map<String, Long> MILLIS =
      Map.of("ms", 1L, "s", 1_000L, "m", 60_000L, "h", 3_600_000L);

  /** More digits than any limit needs: what a machine must not be asked to multiply. */
  private static final int DIGITS = 30;

  private static final String NONE = "none";

  private DurationText() {}

  /**
   * A limit, from 1 ms to {@link TimeLimit#LONGEST}.
   *
   * @throws IllegalArgumentException with the text and what to write instead
   */
  public static Duration positive(String text) {
    return positive(text, "");
  }

  /**
   * A limit that may be zero.
   *
   * @throws IllegalArgumentException with the text and what to write instead
   */
  public static Duration grace(String text) {
    return read(text, "");
  }

  /**
   * A limit, or {@code none}.
   *
   * @throws IllegalArgumentException with the text and what to write instead
   */
  public static TimeLimit limit(String text) {
    return text.equals(NONE) ? TimeLimit.none() : TimeLimit.of(positive(text, ", or " + NONE));
  }

  /** A text that is read as this duration: in whole seconds, or else in milliseconds. */
  public static String of(Duration duration) {
    long millis = duration.toMillis();
    return millis % 1_000 == 0 ? millis / 1_000 + "s" : millis + "ms";
  }

  /** The same, or {@code none}. */
  public static String of(TimeLimit limit) {
    return limit.duration().map(DurationText::of).orElse(NONE);
  }

  private static Duration positive(String text, String otherwise) {
    Duration duration = read(text, otherwise);
    if (duration.isZero()) {
      throw refused(text, "leaves no time; write 1ms or more" + otherwise);
    }
    return duration;
  }

  private static Duration read(String text, String otherwise) {
    Matcher form = FORM.matcher(text);
    if (!form.matches()) {
      throw refused(text, "is no duration; write 500ms, 2s, 1.5s or 5m" + otherwise);
    }
    if (form.group(1).length() > DIGITS) {
      throw refused(text, "is longer or finer than any limit; write fewer digits" + otherwise);
    }
    BigDecimal millis =
        new BigDecimal(form.group(1)).multiply(BigDecimal.valueOf(MILLIS.get(form.group(2))));
    if (millis.stripTrailingZeros().scale() > 0) {
      throw refused(text, "is finer than 1ms; write whole ms");
    }
    if (millis.compareTo(BigDecimal.valueOf(TimeLimit.LONGEST.toMillis())) > 0) {
      throw refused(
          text, "is longer than " + TimeLimit.LONGEST.toDays() + " days; write less" + otherwise);
    }
    return Duration.ofMillis(millis.longValueExact());
  }

  private static IllegalArgumentException refused(String text, String why) {
    return new IllegalArgumentException(Quote.of(text) + " " + why);
  }
}
