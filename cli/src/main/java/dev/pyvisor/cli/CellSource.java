package dev.pyvisor.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads the steps of a file: {@code .py} by its marks, {@code .md} by fences, {@code .ipynb}. */
final class CellSource {
  private static final Pattern FENCE =
      Pattern.compile("^( {0,3})(`{3,}|~{3,})[ \\t]*([^\\s`]*)[^`\\n]*$");

  private CellSource() {}

  /** Reads steps from a file, or from {@code input} where the name is {@code -}. */
  static List<Step> read(String name, InputStream input) throws IOException {
    if (name.equals("-")) {
      return Marks.script(TextFile.decoded("standard input", input.readAllBytes()));
    }
    Path file = Path.of(name);
    if (Files.isDirectory(file)) {
      throw new IllegalArgumentException(name + " is a directory; name a .py, .md or .ipynb file");
    }
    String content = TextFile.read(file);
    String lower = name.toLowerCase(Locale.ROOT);
    List<Step> steps =
        lower.endsWith(".ipynb")
            ? notebook(name, content)
            : lower.endsWith(".md") ? markdown(content) : Marks.script(content);
    if (steps.stream().noneMatch(Step.Code.class::isInstance)) {
      throw new IllegalArgumentException(name + " holds no Python cell");
    }
    return steps;
  }

  static List<Step> markdown(String content) {
    List<Step> steps = new ArrayList<>();
    StringBuilder cell = new StringBuilder();
    String open = "";
    int indent = 0;
    boolean python = false;
    for (String line : content.split("\n", -1)) {
      String bare = line.endsWith("\r") ? line.substring(0, line.length() - 1) : line;
      Matcher fence = FENCE.matcher(bare);
      boolean isFence = fence.matches();
      if (open.isEmpty() && isFence) {
        open = fence.group(2);
        indent = fence.group(1).length();
        python = isPython(fence.group(3));
        cell.setLength(0);
      } else if (!open.isEmpty() && isFence && closes(fence, open)) {
        if (python) {
          steps.addAll(Marks.cell(cell.toString()));
        }
        open = "";
      } else if (!open.isEmpty()) {
        cell.append(outdented(bare, indent)).append('\n');
      }
    }
    if (!open.isEmpty() && python) {
      steps.addAll(Marks.cell(cell.toString()));
    }
    return steps;
  }

  /** A block inside a list is indented as a whole, its fence included. */
  private static String outdented(String line, int indent) {
    int spaces = 0;
    while (spaces < indent && line.startsWith(" ", spaces)) {
      spaces++;
    }
    return line.substring(spaces);
  }

  private static boolean closes(Matcher fence, String open) {
    String mark = fence.group(2);
    return fence.group(3).isEmpty()
        && mark.charAt(0) == open.charAt(0)
        && mark.length() >= open.length();
  }

  private static boolean isPython(String tag) {
    String name = tag.replaceAll("[{}.]", "").toLowerCase(Locale.ROOT);
    return name.equals("python") || name.equals("py") || name.equals("python3");
  }

  static List<Step> notebook(String name, String content) {
    JsonNode root;
    try {
      root = JsonMapper.shared().readTree(content);
    } catch (JacksonException e) {
      throw new IllegalArgumentException(name + " is not a notebook: " + e.getOriginalMessage(), e);
    }
    JsonNode nodes = root.get("cells");
    if (nodes == null || !nodes.isArray()) {
      throw new IllegalArgumentException(
          name + " is not a notebook of format 4: it has no list \"cells\"");
    }
    List<Step> steps = new ArrayList<>();
    for (JsonNode node : nodes) {
      if (node.path("cell_type").asString("").equals("code")) {
        steps.addAll(Marks.cell(source(node.path("source"))));
      }
    }
    return steps;
  }

  private static String source(JsonNode source) {
    if (!source.isArray()) {
      return source.asString("");
    }
    StringBuilder text = new StringBuilder();
    source.forEach(line -> text.append(line.asString("")));
    return text.toString();
  }
}
