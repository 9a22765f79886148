package dev.pyvisor;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Takes the Markdown fences off code that a model wrote.
 *
 * <p>Confined to the calling thread.
 */
public final class CodeFences {
  private static final Set<String> PYTHON = Set.of("", "python", "py", "repl");

  /** Indentation, at least three backticks, and what stands behind them. */
  private static final Pattern FENCE = Pattern.compile("([ \\t]*)(`{3,})[ \\t]*([^`]*?)[ \\t]*");

  private final List<String> blocks = new ArrayList<>();
  private @Nullable Block open;

  private CodeFences() {}

  /** A block that has begun. */
  private record Block(String indent, int ticks, boolean python, StringBuilder code) {}

  /**
   * The code inside blocks fenced as {@code python}, {@code py}, {@code repl} or nothing, each
   * trimmed at its end, several joined with a blank line. Text without such a block comes back as
   * it is; blocks of other languages do not count as code.
   */
  public static String strip(String text) {
    if (!text.contains("```")) {
      return text;
    }
    CodeFences fences = new CodeFences();
    text.lines().forEach(fences::line);
    return fences.blocks.isEmpty() ? text : String.join("\n\n", fences.blocks);
  }

  private void line(String line) {
    Matcher fence = FENCE.matcher(line);
    boolean fenced = fence.matches();
    Block block = open;
    if (block == null) {
      if (fenced) {
        begin(fence.group(1), fence.group(2).length(), fence.group(3));
      }
    } else if (fenced && fence.group(3).isEmpty() && fence.group(2).length() >= block.ticks) {
      end(block);
    } else {
      // A block inside a list is indented as a whole, its fence included.
      boolean indented = line.startsWith(block.indent);
      block.code.append(indented ? line.substring(block.indent.length()) : line).append('\n');
    }
  }

  private void begin(String indent, int ticks, String tag) {
    open = new Block(indent, ticks, PYTHON.contains(tag), new StringBuilder());
  }

  private void end(Block block) {
    if (block.python) {
      blocks.add(block.code.toString().stripTrailing());
    }
    open = null;
  }
}
