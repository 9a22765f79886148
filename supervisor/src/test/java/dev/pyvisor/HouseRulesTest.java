package dev.pyvisor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.testing.Protocol;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the house asks of the sources of supervisor, transports and integrations. */
class HouseRulesTest {
  /** A Javadoc comment and the type that it belongs to. */
  private static final Pattern TYPE =
      Pattern.compile(
          "/\\*\\*((?:[^*]|\\*(?!/))*)\\*/\\s*(?:@[\\w.]+(?:\\([^)]*\\))?\\s*)*"
              + "((?:(?:public|protected|private|static|final|abstract|sealed|non-sealed)\\s+)*)"
              + "(?:class|interface|record|enum|@interface)\\s+(\\w+)");

  private static final Pattern ANY_TYPE =
      Pattern.compile(
          "(?m)^(?:public |final |abstract |sealed |non-sealed )*"
              + "(?:class|interface|record|enum|@interface) (\\w+)");

  private static final Pattern SENTENCE =
      Pattern.compile("Immutable\\.|Confined to |Guarded by |Thread-safe: ");

  @Test
  void every_class_says_how_it_is_shared_in_exactly_one_sentence() throws IOException {
    List<String> wrong = new ArrayList<>();
    for (Path source : sources()) {
      String text = Files.readString(source, StandardCharsets.UTF_8);
      Matcher type = TYPE.matcher(text);
      List<String> documented = new ArrayList<>();
      while (type.find()) {
        documented.add(type.group(3));
        // A private type is shared as its owner is.
        if (!type.group(2).contains("private")
            && SENTENCE
                    .matcher(type.group(1).replaceAll("\\s*\\n\\s*\\*\\s*", " "))
                    .results()
                    .count()
                != 1) {
          wrong.add(source.getFileName() + ": " + type.group(3));
        }
      }
      Matcher topLevel = ANY_TYPE.matcher(text);
      while (topLevel.find()) {
        if (!documented.contains(topLevel.group(1))) {
          wrong.add(source.getFileName() + ": " + topLevel.group(1) + " has no Javadoc");
        }
      }
    }
    assertThat(wrong).isEmpty();
  }

  @Test
  void no_thread_sleeps() throws IOException {
    for (Path source : sources()) {
      assertThat(Files.readString(source, StandardCharsets.UTF_8))
          .as(source.toString())
          .doesNotContain("Thread.sleep");
    }
  }

  private static List<Path> sources() throws IOException {
    List<Path> sources = new ArrayList<>();
    Path root = Protocol.root();
    List<Path> modules = new ArrayList<>(List.of(root.resolve("supervisor")));
    for (String folder : List.of("transports", "integrations")) {
      try (Stream<Path> found = Files.list(root.resolve(folder))) {
        modules.addAll(found.toList());
      }
    }
    for (Path module : modules) {
      try (Stream<Path> files = Files.walk(module.resolve("src/main/java"))) {
        files
            .filter(file -> file.toString().endsWith(".java"))
            .filter(file -> !file.endsWith("package-info.java"))
            .forEach(sources::add);
      }
    }
    assertThat(sources).hasSizeGreaterThan(50);
    return sources;
  }
}
