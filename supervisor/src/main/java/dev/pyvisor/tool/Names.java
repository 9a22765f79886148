package dev.pyvisor.tool;

import java.util.Set;
import java.util.regex.Pattern;

/**
 * Which names Python code can write.
 *
 * <p>Immutable.
 */
final class Names {
  private static final int LONGEST = 100;
  private static final Pattern OTHERS = Pattern.compile("[^A-Za-z0-9_]");
  private static final Pattern IDENTIFIER = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,99}");
  private static final Set<String> KEYWORDS =
      Set.of(
          "False",
          "None",
          "True",
          "and",
          "as",
          "assert",
          "async",
          "await",
          "break",
          "class",
          "continue",
          "def",
          "del",
          "elif",
          "else",
          "except",
          "finally",
          "for",
          "from",
          "global",
          "if",
          "import",
          "in",
          "is",
          "lambda",
          "nonlocal",
          "not",
          "or",
          "pass",
          "raise",
          "return",
          "try",
          "while",
          "with",
          "yield");

  private Names() {}

  /**
   * The nearest name that Python code can write: of ASCII letters, digits and underscores, at most
   * 100.
   */
  static String near(String name) {
    String near = OTHERS.matcher(name).replaceAll("_");
    if (near.isEmpty() || Character.isDigit(near.charAt(0))) {
      near = "_" + near;
    }
    near = near.substring(0, Math.min(near.length(), LONGEST));
    while (near.startsWith("__") && near.endsWith("__")) {
      near = near.substring(1);
    }
    return KEYWORDS.contains(near) ? near + "_" : near;
  }

  /** Returns the name, or refuses it: {@code what} says whose it is. */
  static String check(String name, String what) {
    if (!IDENTIFIER.matcher(name).matches()) {
      throw new IllegalArgumentException(
          what
              + " '"
              + name
              + "' is not a name that Python code can write; use at most 100 letters, digits and"
              + " underscores, not beginning with a digit");
    }
    if (KEYWORDS.contains(name)) {
      throw new IllegalArgumentException(
          what
              + " '"
              + name
              + "' is a keyword of Python; choose another, for example "
              + name
              + "_");
    }
    if (name.startsWith("__") && name.endsWith("__")) {
      throw new IllegalArgumentException(
          what + " '" + name + "' is kept by Python for itself; choose one without underscores");
    }
    return name;
  }
}
