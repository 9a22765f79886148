package dev.pyvisor.house;

import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Which rules there are, which of them must be tested, and which tests name them. */
final class Specification {
  private static final Pattern RULE =
      Pattern.compile("^\\| <a name=\"([A-Z]+-\\d+)\">\\1</a> \\| (.*) \\|$", Pattern.MULTILINE);
  private static final Pattern CONTRACT =
      Pattern.compile("^\\| ([BCHIPRW]\\d+[a-z]?) \\|", Pattern.MULTILINE);
  private static final Pattern UNTESTED =
      Pattern.compile("^- ([A-Z]+-?\\d+[a-z]?): \\S.*$", Pattern.MULTILINE);
  private static final Pattern JAVA = Pattern.compile("@Rule\\(\\s*(\\{[^}]*}|\"[^\"]*\")");
  private static final Pattern QUOTED = Pattern.compile("\"([^\"]*)\"");
  private static final Pattern PYTHON =
      Pattern.compile("# rule: *([A-Z]+-?\\d+[a-z]?(?:, *[A-Z]+-?\\d+[a-z]?)*)");

  private Specification() {}

  /** Every id that a test may name. */
  static Set<String> known() {
    Set<String> ids = contracts();
    Matcher rule = RULE.matcher(Sources.text("docs/PROTOCOL.md"));
    while (rule.find()) {
      ids.add(rule.group(1));
    }
    return ids;
  }

  /** Every id that needs a test or a reason: all contracts, and the rules that say MUST. */
  static Set<String> binding() {
    Set<String> ids = contracts();
    Matcher rule = RULE.matcher(Sources.text("docs/PROTOCOL.md"));
    while (rule.find()) {
      if (rule.group(2).contains("MUST")) {
        ids.add(rule.group(1));
      }
    }
    return ids;
  }

  static Set<String> untested() {
    return ids(UNTESTED, Sources.text("contract-tests/untested.md"));
  }

  /** Rule id to the files whose tests name it. */
  static Map<String, Set<String>> tested() {
    Map<String, Set<String>> tests = new TreeMap<>();
    for (Path file : Sources.files(".java")) {
      Matcher rule = JAVA.matcher(Sources.read(file));
      while (rule.find()) {
        for (String id : ids(QUOTED, rule.group(1))) {
          name(tests, id, file);
        }
      }
    }
    for (Path file : Sources.files(".py")) {
      Matcher rule = PYTHON.matcher(Sources.read(file));
      while (rule.find()) {
        for (String id : rule.group(1).split(", *")) {
          name(tests, id, file);
        }
      }
    }
    return tests;
  }

  private static void name(Map<String, Set<String>> tests, String id, Path file) {
    // H-5 and H5 are one.
    String plain = id.replaceFirst("^([BCHIP])-(?=\\d)", "$1");
    tests.computeIfAbsent(plain, key -> new TreeSet<>()).add(Sources.relative(file));
  }

  private static Set<String> contracts() {
    return ids(CONTRACT, Sources.text("contract-tests/README.md"));
  }

  private static Set<String> ids(Pattern pattern, String text) {
    Set<String> ids = new TreeSet<>();
    Matcher matcher = pattern.matcher(text);
    while (matcher.find()) {
      ids.add(matcher.group(1));
    }
    return ids;
  }
}
