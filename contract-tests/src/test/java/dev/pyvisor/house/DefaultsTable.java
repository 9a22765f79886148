package dev.pyvisor.house;

import dev.pyvisor.Defaults;
import java.lang.reflect.Field;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The README's table of defaults. A row names its constant in a comment that readers do not see:
 * {@code | a start may take <!-- START_TIMEOUT --> | 10 s | ... |}.
 */
final class DefaultsTable {
  private static final Pattern TABLE = Pattern.compile("<!-- table:defaults -->\\n((?:\\|.*\\n)+)");
  private static final Pattern ROW =
      Pattern.compile("^\\|[^|]*<!-- ([A-Z_]+) --> *\\| *([^|]*?) *\\|", Pattern.MULTILINE);
  private static final long KIB = 1024;
  private static final long MIB = KIB * KIB;

  private DefaultsTable() {}

  /** How many rows the README has, the two of the head included. */
  static long lines() {
    return table().lines().count();
  }

  /** Constant to the value that the README states. */
  static Map<String, String> stated() {
    Map<String, String> rows = new LinkedHashMap<>();
    Matcher row = ROW.matcher(table());
    while (row.find()) {
      rows.put(row.group(1), row.group(2));
    }
    return rows;
  }

  /** The constant's value as the README should state it. */
  static String actual(String constant) {
    try {
      Field field = Defaults.class.getField(constant);
      Object value = field.get(null);
      if (value instanceof Duration duration) {
        return text(duration);
      }
      if (value instanceof Number number) {
        return text(number.longValue());
      }
      return "`" + value + "`";
    } catch (ReflectiveOperationException e) {
      throw new AssertionError("Defaults has no constant " + constant, e);
    }
  }

  private static String text(Duration duration) {
    long millis = duration.toMillis();
    return millis % 1000 == 0 ? millis / 1000 + " s" : millis + " ms";
  }

  private static String text(long number) {
    if (number % MIB == 0) {
      return number / MIB + " MiB";
    }
    return number % KIB == 0 && number > KIB
        ? number / KIB + " KiB"
        : String.format(Locale.ROOT, "%,d", number);
  }

  private static String table() {
    Matcher table = TABLE.matcher(Sources.text("README.md"));
    if (!table.find()) {
      throw new AssertionError("README.md has no table of defaults");
    }
    return table.group(1);
  }
}
