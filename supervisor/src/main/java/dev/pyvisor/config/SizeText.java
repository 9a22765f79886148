package dev.pyvisor.config;

import java.math.BigDecimal;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Numbers of bytes as people write them: a number with a unit, like {@code 512MiB}, {@code 1.5GiB}
 * or {@code 2GB}. A number without one is refused: half of those who write it mean megabytes.
 * Documents, the environment and the command line take the same.
 *
 * <p>Immutable.
 */
public final class SizeText {
  private static final Pattern FORM =
      Pattern.compile("([0-9]+(?:\\.[0-9]+)?|\\.[0-9]+)([KMGT]i?B|B)");
  private static final Pattern CASUAL =
      Pattern.compile("([0-9.]+) ?(?:([kmgt])i?b?|b)", Pattern.CASE_INSENSITIVE);
  private static final List<String> UNITS = List.of("B", "KiB", "MiB", "GiB", "TiB");
  private static final long STEP = 1_024;
  private static final Map<String, Long> BYTES =
      Map.of(
          "B", 1L,
          "KB", 1_000L,
          "MB", 1_000_000L,
          "GB", 1_000_000_000L,
          "TB", 1_000_000_000_000L,
          "KiB", STEP,
          "MiB", STEP * STEP,
          "GiB", STEP * STEP * STEP,
          "TiB", STEP * STEP * STEP * STEP);

  /** More digits than any size needs: what a machine must not be asked to multiply. */
  private static final int DIGITS = 30;

  /** A pebibyte: no machine has it, and sums of a few still fit. */
  private static final long MOST = STEP * STEP * STEP * STEP * STEP;

  private SizeText() {}

  /**
   * A number of bytes, from 1 on.
   *
   * @throws IllegalArgumentException with the text and what to write instead
   */
  public static long bytes(String text) {
    return bytes(text, 1);
  }

  /**
   * The same, from {@code least} on.
   *
   * @throws IllegalArgumentException with the text and what to write instead
   */
  public static long bytes(String text, long least) {
    Matcher form = FORM.matcher(text);
    if (!form.matches()) {
      throw refused(text, "is no size; write " + instead(text));
    }
    if (form.group(1).length() > DIGITS) {
      throw refused(text, "is larger or finer than any size; write fewer digits");
    }
    BigDecimal bytes =
        new BigDecimal(form.group(1)).multiply(BigDecimal.valueOf(BYTES.get(form.group(2))));
    if (bytes.compareTo(BigDecimal.valueOf(least)) < 0) {
      throw refused(text, "is too small; write " + of(least) + " or more");
    }
    if (bytes.compareTo(BigDecimal.valueOf(MOST)) > 0) {
      throw refused(text, "is larger than " + of(MOST) + "; write less");
    }
    if (bytes.stripTrailingZeros().scale() > 0) {
      throw refused(text, "is no whole number of bytes; write one");
    }
    return bytes.longValueExact();
  }

  /** A text that is read as this size: in the largest unit in which it is a whole number. */
  public static String of(long bytes) {
    long rest = bytes;
    int unit = 0;
    while (rest % STEP == 0 && rest > 0 && unit < UNITS.size() - 1) {
      rest /= STEP;
      unit++;
    }
    return rest + UNITS.get(unit);
  }

  private static String instead(String text) {
    if (!text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9')) {
      return text.length() <= DIGITS
          ? text + "B for bytes, or with another unit, as 512MiB"
          : "a unit, as 512MiB";
    }
    Matcher casual = CASUAL.matcher(text);
    if (casual.matches() && casual.group(2) != null) {
      String unit = casual.group(2).toUpperCase(Locale.ROOT);
      return casual.group(1) + unit + "iB or " + casual.group(1) + unit + "B";
    }
    return "512MiB, 1.5GiB or 2GB";
  }

  private static IllegalArgumentException refused(String text, String why) {
    return new IllegalArgumentException(Quote.of(text) + " " + why);
  }
}
