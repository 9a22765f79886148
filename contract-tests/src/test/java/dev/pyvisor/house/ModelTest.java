package dev.pyvisor.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The model of the channel speaks of code that exists. */
class ModelTest {
  private static final String MODEL = Sources.text("docs/model/channel.pml");
  private static final Pattern COMMENT = Pattern.compile("/\\*.*?\\*/", Pattern.DOTALL);
  private static final Pattern METHOD = Pattern.compile("\\b([A-Z][a-z]\\w*)\\.(_?[a-z]\\w*)");
  private static final Pattern ROW = Pattern.compile("(?m)^ \\*   ([A-Z]\\w+) {2,}");
  private static final Pattern PROCESS = Pattern.compile("(?m)^active .*proctype (\\w+)");

  @Test
  void every_method_that_the_model_names_exists() {
    Set<String> named = new TreeSet<>();
    Matcher comment = COMMENT.matcher(MODEL);
    while (comment.find()) {
      named.addAll(all(METHOD, comment.group(), 0));
    }
    assertThat(named).hasSizeGreaterThan(30);

    assertThat(named.stream().filter(name -> !exists(name))).isEmpty();
  }

  @Test
  void the_model_says_of_each_process_what_it_stands_for() {
    Matcher first = COMMENT.matcher(MODEL);
    assertThat(first.find()).isTrue();

    assertThat(all(ROW, first.group(), 1))
        .containsExactlyInAnyOrderElementsOf(all(PROCESS, MODEL, 1));
  }

  /** Whether some class of that name, in Java or in Python, has that method. */
  private static boolean exists(String name) {
    String type = name.substring(0, name.indexOf('.'));
    String method = Pattern.quote(name.substring(type.length() + 1)) + "\\(";
    Pattern inJava = Pattern.compile("(?m)^  [^ =;][^=;]*\\b" + method);
    Pattern inPython =
        Pattern.compile(
            "(?m)^class " + type + "\\b(?:(?!^\\S)[\\s\\S])*?^    (?:async )?def " + method);
    return sources("/" + type + ".java", "src/main").stream().anyMatch(has(inJava))
        || sources(".py", "runner/src").stream().anyMatch(has(inPython));
  }

  private static Predicate<Path> has(Pattern pattern) {
    return file -> pattern.matcher(Sources.read(file)).find();
  }

  private static List<Path> sources(String ending, String folder) {
    return Sources.files(ending).stream()
        .filter(file -> Sources.relative(file).contains(folder + "/"))
        .toList();
  }

  private static List<String> all(Pattern pattern, String text, int group) {
    List<String> found = new ArrayList<>();
    Matcher matcher = pattern.matcher(text);
    while (matcher.find()) {
      found.add(matcher.group(group));
    }
    return found;
  }
}
