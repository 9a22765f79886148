package dev.pyvisor.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads the marks {@code # %%}: they separate the cells of a script, and two of them are
 * directives: {@code # %% checkpoint NAME} and {@code # %% rollback NAME}, the name being one word.
 * All others are titles.
 */
final class Marks {
  private static final Pattern MARK = Pattern.compile("^#[ \\t]*%%.*$", Pattern.MULTILINE);
  private static final Pattern DIRECTIVE =
      Pattern.compile("#[ \\t]*%%[ \\t]+(checkpoint|rollback)[ \\t]+(\\S+)\\s*");

  private Marks() {}

  /** Cuts a script at its marks. */
  static List<Step> script(String content) {
    List<Step> steps = new ArrayList<>();
    int start = 0;
    Matcher mark = MARK.matcher(content);
    while (mark.find()) {
      addUnlessBlank(steps, content.substring(start, mark.start()));
      directive(mark.group()).ifPresent(steps::add);
      start = Math.min(mark.end() + 1, content.length());
    }
    addUnlessBlank(steps, content.substring(start));
    return steps;
  }

  /** One cell of its own, whose first line may be a directive. */
  static List<Step> cell(String text) {
    List<Step> steps = new ArrayList<>();
    String begun = text.stripLeading();
    int end = begun.indexOf('\n');
    Optional<Step> directive = directive(end < 0 ? begun : begun.substring(0, end));
    directive.ifPresent(steps::add);
    String rest = end < 0 ? "" : begun.substring(end + 1);
    addUnlessBlank(steps, directive.isPresent() ? rest : text);
    return steps;
  }

  private static Optional<Step> directive(String mark) {
    Matcher found = DIRECTIVE.matcher(mark);
    if (!found.matches()) {
      return Optional.empty();
    }
    String name = found.group(2);
    return Optional.of(
        found.group(1).equals("checkpoint") ? new Step.Checkpoint(name) : new Step.Rollback(name));
  }

  private static void addUnlessBlank(List<Step> steps, String code) {
    if (!code.isBlank()) {
      steps.add(new Step.Code(code));
    }
  }
}
