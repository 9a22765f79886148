package dev.pyvisor.log;

import java.text.Normalizer;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a secret is known by: the name that it has, its own form, or that a cell was given it.
 * docs/diagnostics.md has the rules. No pattern goes back further than a few characters, so that no
 * text makes one slow.
 *
 * <p>Immutable.
 */
final class Secrets {
  static final String REDACTED = "[REDACTED]";

  private static final List<String> NAMES =
      List.of(
          "apikey",
          "authorization",
          "bearer",
          "credential",
          "password",
          "passwd",
          "secret",
          "token");

  private static final int LONGEST_NAME = 1_024;
  private static final Pattern NO_LETTER = Pattern.compile("[^a-z0-9]+");

  private static final String KEY = "[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----";
  private static final Pattern PRIVATE_KEY =
      Pattern.compile("-----BEGIN " + KEY + "[\\s\\S]*?(?:-----END " + KEY + "|\\z)");
  private static final Pattern KEY_WITHOUT_BEGINNING = Pattern.compile("-----END " + KEY);

  private static final Pattern BEARER = Pattern.compile("(?i)\\b(bearer\\s{1,4}+)[\\w.~+/=-]{4,}+");

  /** Tokens that say by their first characters whose they are. */
  private static final Pattern PREFIXED =
      Pattern.compile(
          "(?<![A-Za-z0-9])(?:(?:sk-|[srp]k_(?:live|test)_)[\\w-]{6,}+"
              + "|(?:xox[a-z]-|xapp-|gh[a-z]_|github_pat_|glpat-)[\\w-]{3,}+"
              + "|(?:AKIA|ASIA)[A-Z0-9]{12,}+"
              + "|eyJ[\\w-]{4,}+\\.[\\w-]{4,}+(?:\\.[\\w-]*+)?+)");

  private static final Pattern AUTHORITY = Pattern.compile("://([^\\s/?#\"'<>]++)");

  private static final String GIVEN = "\\\\{0,4}+[\"']?+\\s{0,4}+[:=]{1,2}+\\s{0,4}+";

  /** A header: what is secret may be its second word. */
  private static final Pattern HEADER =
      Pattern.compile("(?i)(authorization" + GIVEN + ")(?![\"'\\\\])[^\\r\\n]++");

  /** A name and a value in the midst of a text, as programs print them. */
  private static final Pattern ASSIGNED =
      Pattern.compile(
          "(?i)((?:api[ _-]?key|authorization|bearer|credential|password|passwd|secret|token)"
              + "[\\w-]{0,32}+"
              + GIVEN
              + "(?:[\\[({]\\s{0,4}+){0,4}+\\\\{0,4}+)"
              + "(?:([\"'])(?:(?!\\2)[^\\r\\n])*+|[^\\s,;&\"')}\\]]++)");

  /** A shorter value may stand anywhere by chance. */
  private static final int SHORTEST_KNOWN = 4;

  /** Those that nobody knows beforehand. */
  static final Secrets UNKNOWN = new Secrets(List.of());

  private final List<String> known;

  private Secrets(List<String> known) {
    this.known = known;
  }

  /** With the values of those variables for cells whose names say that they are secrets. */
  static Secrets among(Map<String, String> environment) {
    return new Secrets(
        environment.entrySet().stream()
            .filter(one -> named(one.getKey()) && one.getValue().length() >= SHORTEST_KNOWN)
            .map(Map.Entry::getValue)
            // One may be the beginning of another.
            .sorted(Comparator.comparingInt(String::length).reversed())
            .toList());
  }

  /** Whether what has this name is not to be shown, whatever it is. */
  static boolean named(String name) {
    if (name.length() > LONGEST_NAME) {
      return true; // not worth looking for a word in it
    }
    String plain = Normalizer.normalize(name, Normalizer.Form.NFKC).toLowerCase(Locale.ROOT);
    String letters = NO_LETTER.matcher(plain).replaceAll("");
    return NAMES.stream().anyMatch(letters::contains);
  }

  /** The text with what is secret in it replaced. */
  String without(String text) {
    String shown = text;
    for (String one : known) {
      shown = shown.replace(one, REDACTED);
    }
    shown = PRIVATE_KEY.matcher(shown).replaceAll(REDACTED);
    shown = withoutEndOfKey(shown);
    shown = AUTHORITY.matcher(shown).replaceAll(Secrets::withoutPassword);
    shown = BEARER.matcher(shown).replaceAll("$1" + REDACTED);
    shown = PREFIXED.matcher(shown).replaceAll(REDACTED);
    shown = HEADER.matcher(shown).replaceAll("$1" + REDACTED);
    return ASSIGNED.matcher(shown).replaceAll("$1" + REDACTED);
  }

  /** Only the end of a text may be known, and the first of a key before it. */
  private static String withoutEndOfKey(String text) {
    Matcher end = KEY_WITHOUT_BEGINNING.matcher(text);
    int behind = 0;
    while (end.find()) {
      behind = end.end();
    }
    return behind == 0 ? text : REDACTED + text.substring(behind);
  }

  private static String withoutPassword(MatchResult authority) {
    String found = authority.group(1);
    int at = found.lastIndexOf('@');
    boolean secret = at >= 0 && found.lastIndexOf(':', at) >= 0;
    return Matcher.quoteReplacement(
        secret ? "://" + REDACTED + found.substring(at) : authority.group());
  }
}
