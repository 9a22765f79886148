package dev.pyvisor;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Takes the Markdown fences off code that a model wrote.
 *
 * <p>Immutable.
 */
public final class CodeFences {
  private static final Pattern BLOCK =
      Pattern.compile("(?ms)^[ \\t]*```[ \\t]*(python|py|repl)?[ \\t]*\\r?\\n(.*?)^[ \\t]*```[ \\t]*$");

  private CodeFences() {}

  /**
   * The code inside blocks fenced as {@code python}, {@code py}, {@code repl} or nothing, several joined with a blank line; text
   * without such a block comes back as it is.
   */
  public static String strip(String text) {
    if (!text.contains("```")) {
      return text;
    }
    List<String> blocks = new ArrayList<>();
    Matcher block = BLOCK.matcher(text);
    while (block.find()) {
      blocks.add(block.group(2).stripTrailing());
    }
    return blocks.isEmpty() ? text : String.join("\n\n", blocks);
  }
}
