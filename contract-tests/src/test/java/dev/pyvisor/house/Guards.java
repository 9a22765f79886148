package dev.pyvisor.house;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Which tests of some sources open a client, and what stands around them. A test opens what the
 * types of its module's tests open that it names, and what the contracts do that it extends.
 *
 * <p>Immutable.
 */
final class Guards {
  private static final Pattern TEST = Pattern.compile("(.+)/src/test/java/(.*)/(\\w+)\\.java");
  private static final Pattern CONTRACT =
      Pattern.compile("(contract-tests)/src/main/java/(.*)/(\\w*Contract)\\.java");

  private static final Pattern IMPORT = Pattern.compile("(?m)^import ([\\w.]+);");

  /** What is said about code, and what is imported, opens nothing. */
  private static final Pattern NO_CODE =
      Pattern.compile(
          "(?s)\"\"\".*?\"\"\"|\"(?:\\\\.|[^\"\\\\\\n])*+\"|/\\*.*?\\*/|//[^\\n]*+|import [^;]*;");

  private static final Pattern WORD = Pattern.compile("\\b[A-Z]\\w*+");
  private static final Pattern SUPER =
      Pattern.compile("\\b(?:class|interface) \\w++[^{;]*?\\b(?:extends|implements) ([^{]*+)\\{");

  /** A client that is opened, or the program, which opens one. */
  private static final Pattern CLIENT =
      Pattern.compile("\\b(SupervisorClient|SessionPool|OpenClients)\\b");

  private static final Pattern OPENED = Pattern.compile("\\.open\\(|::open\\b|\\bOpenClients\\b");
  private static final Pattern PROGRAM = Pattern.compile("\\bMain\\.(class|run)\\b");

  private static final Pattern BOTH =
      Pattern.compile("(?m)^@ExtendWith\\(\\{Census\\.class, HangReport\\.class\\}\\)");
  private static final Pattern OWN_CENSUS = Pattern.compile("(?m)^@ExtendWith\\(Census\\.class\\)");
  private static final Pattern TIMEOUT = Pattern.compile("(?m)^@Timeout\\(");

  /** What the contract suite is tested with, or depends on, cannot depend on it. */
  private static final Pattern BELOW = Pattern.compile("supervisor|transports/\\w+");

  /** By module and full name. */
  private final Map<String, Source> tests = new TreeMap<>();

  /** By full name. */
  private final Map<String, Source> contracts = new TreeMap<>();

  /** Of sources by their names, which are relative to the project. */
  Guards(Map<String, String> sources) {
    sources.forEach(
        (name, text) -> {
          Matcher test = TEST.matcher(name);
          Matcher contract = CONTRACT.matcher(name);
          if (test.matches()) {
            Source source = source(test, text);
            tests.put(source.module() + " " + source.fullName(), source);
          } else if (contract.matches()) {
            Source source = source(contract, text);
            contracts.put(source.fullName(), source);
          }
        });
  }

  private static Source source(Matcher name, String text) {
    Map<String, String> imported = new HashMap<>();
    Matcher line = IMPORT.matcher(text);
    while (line.find()) {
      String type = line.group(1);
      imported.put(type.substring(type.lastIndexOf('.') + 1), type);
    }
    String code = NO_CODE.matcher(text).replaceAll(" ");
    Set<String> supers =
        SUPER
            .matcher(code)
            .results()
            .flatMap(found -> words(found.group(1)).stream())
            .collect(Collectors.toSet());
    return new Source(
        name.group(1),
        name.group(2).replace('/', '.'),
        name.group(3),
        imported,
        code,
        words(code),
        supers);
  }

  private static Set<String> words(String text) {
    return WORD.matcher(text).results().map(MatchResult::group).collect(Collectors.toSet());
  }

  /** The tests that open a client, each by its module and name. */
  Set<String> opening() {
    return tests.values().stream()
        .filter(source -> source.name().endsWith("Test") && opens(source))
        .map(source -> source.module() + " " + source.name())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** Those of them that nothing stands around. */
  Set<String> unguarded() {
    return tests.values().stream()
        .filter(source -> source.name().endsWith("Test") && opens(source) && !guarded(source))
        .map(source -> source.module() + " " + source.name())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private boolean opens(Source test) {
    Map<String, Source> reached = new HashMap<>();
    reach(test, source -> named(source, source.words()), reached);
    reached.putAll(family(test));
    String all = reached.values().stream().map(Source::code).collect(Collectors.joining("\n"));
    return PROGRAM.matcher(all).find() || CLIENT.matcher(all).find() && OPENED.matcher(all).find();
  }

  private boolean guarded(Source test) {
    Collection<Source> family = family(test).values();
    return any(family, BOTH)
        || BELOW.matcher(test.module()).matches()
            && any(family, OWN_CENSUS)
            && any(family, TIMEOUT);
  }

  private static boolean any(Collection<Source> family, Pattern annotation) {
    return family.stream().anyMatch(source -> annotation.matcher(source.code()).find());
  }

  /** It, and what it extends and implements. */
  private Map<String, Source> family(Source type) {
    Map<String, Source> found = new HashMap<>();
    reach(
        type,
        source ->
            Stream.concat(
                named(source, source.supers()),
                source.supers().stream()
                    .map(word -> contracts.get(source.resolved(word)))
                    .filter(Objects::nonNull)),
        found);
    return found;
  }

  private Stream<Source> named(Source by, Set<String> words) {
    return words.stream()
        .map(word -> tests.get(by.module() + " " + by.resolved(word)))
        .filter(Objects::nonNull);
  }

  private static void reach(
      Source from, Function<Source, Stream<Source>> next, Map<String, Source> found) {
    if (found.put(from.fullName(), from) == null) {
      next.apply(from).forEach(source -> reach(source, next, found));
    }
  }

  /** One file: a type, what it imports by simple names, and its text without what is no code. */
  private record Source(
      String module,
      String folder,
      String name,
      Map<String, String> imported,
      String code,
      Set<String> words,
      Set<String> supers) {
    String fullName() {
      return folder + "." + name;
    }

    /** The type that a word means here. */
    String resolved(String word) {
      return imported.getOrDefault(word, folder + "." + word);
    }
  }
}
