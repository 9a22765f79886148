package dev.pyvisor.document;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * ISO times as every Python from 3.9 on reads them: seconds always, fractions of six digits, offsets in digits.
 *
 * <p>Immutable.
 */
final class PythonTimes {
  private static final Pattern TIME =
      Pattern.compile("(.*T|)(\\d\\d:\\d\\d)(:\\d\\d)?(?:\\.(\\d{1,9}))?(Z|[+-]\\d\\d:\\d\\d(?::\\d\\d)?|)");

  private PythonTimes() {}

  static String of(String iso) {
    Matcher found = TIME.matcher(iso);
    if (!found.matches()) {
      return iso; // a date
    }
    String seconds = found.group(3) == null ? ":00" : found.group(3);
    String fraction = found.group(4) == null ? "" : "." + (found.group(4) + "00000").substring(0, 6);
    String offset = found.group(5).equals("Z") ? "+00:00" : found.group(5);
    return found.group(1) + found.group(2) + seconds + fraction + offset;
  }
}
