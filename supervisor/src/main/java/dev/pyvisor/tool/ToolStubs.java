package dev.pyvisor.tool;

import dev.pyvisor.wire.Json;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Tools as a model reads them: Python functions with type hints and a docstring, without a body.
 * For a prompt; in the session itself {@code help(tool)} says it in its own form.
 *
 * <p>Thread-safe: it holds no state.
 */
public final class ToolStubs {
  /** A model that wants more asks better; a prompt has no room for all. */
  private static final int FOUND = 10;

  private static final Pattern BREAK = Pattern.compile("\\R");
  private static final Pattern WORD_BREAK = Pattern.compile("[^\\p{L}\\p{N}]+");

  private ToolStubs() {}

  /** The stubs of all of them, in their order, each ending with a line break. */
  public static String of(Collection<Tool> tools) {
    return tools.stream().map(ToolStubs::of).collect(Collectors.joining("\n"));
  }

  /** The stub of one. */
  public static String of(Tool tool) {
    StringBuilder stub = new StringBuilder("async def ").append(tool.name()).append('(');
    stub.append(parameters(tool)).append("):\n");
    List<String> lines = docstring(tool);
    stub.append("    \"\"\"").append(lines.get(0));
    lines.subList(1, lines.size()).forEach(line -> stub.append(indented(line)));
    return stub.append(lines.size() > 1 ? "\n    \"\"\"\n" : "\"\"\"\n").toString();
  }

  /**
   * A tool for Python code that looks for others where there are too many for a prompt: called with
   * words, it returns the stubs of those that have most of them in name or description, at most
   * ten.
   *
   * @param name what it is called
   * @param searched where it looks; all of them have to be registered, too
   */
  public static Tool search(String name, Collection<Tool> searched) {
    List<Tool> tools = List.copyOf(searched);
    return Tool.named(name)
        .description(
            "Finds functions of the host by words for what they do, and returns how they are"
                + " called.")
        .parameter("words", String.class, "such as 'send mail'")
        .handler((arguments, context) -> found(tools, arguments.get("words", String.class)));
  }

  private static String found(List<Tool> tools, String words) {
    List<String> wanted =
        List.of(WORD_BREAK.split(words.toLowerCase(Locale.ROOT))).stream()
            .filter(Predicate.not(String::isEmpty))
            .toList();
    List<Tool> best =
        tools.stream()
            .filter(tool -> hits(tool, wanted) > 0)
            .sorted((a, b) -> Integer.compare(hits(b, wanted), hits(a, wanted))) // stable
            .limit(FOUND)
            .toList();
    return best.isEmpty()
        ? "no function of " + tools.size() + " has any of these words; try others"
        : of(best);
  }

  private static int hits(Tool tool, List<String> wanted) {
    String name = tool.name().toLowerCase(Locale.ROOT);
    String about = tool.description().toLowerCase(Locale.ROOT);
    int hits = 0;
    for (String word : wanted) {
      hits += name.contains(word) ? 2 : about.contains(word) ? 1 : 0;
    }
    return hits;
  }

  private static String parameters(Tool tool) {
    if (tool.takesAnything()) {
      return "*args, **kwargs";
    }
    StringBuilder all = new StringBuilder();
    boolean optional = false;
    boolean byName = false;
    for (ToolParameter parameter : tool.parameters()) {
      all.append(all.isEmpty() ? "" : ", ");
      if (parameter.required() && optional && !byName) {
        byName = true; // Python has no required parameter by position after an optional one
        all.append("*, ");
      }
      optional |= !parameter.required();
      all.append(declared(parameter));
    }
    return all.toString();
  }

  private static String declared(ToolParameter parameter) {
    String hint = Hints.of(schema(parameter));
    String text = parameter.name() + (hint.equals(Hints.ANY) ? "" : ": " + hint);
    if (parameter.required()) {
      return text;
    }
    String otherwise = Hints.written(Json.MAPPER.readTree(parameter.defaultJson().orElse("null")));
    return text + (hint.equals(Hints.ANY) ? "=" : " = ") + otherwise;
  }

  private static List<String> docstring(Tool tool) {
    String described =
        tool.description().isBlank() ? "A tool of the host." : tool.description().strip();
    StringBuilder text = new StringBuilder(described);
    List<String> told =
        tool.parameters().stream().map(ToolStubs::told).flatMap(Optional::stream).toList();
    if (!told.isEmpty()) {
      text.append("\n\nParameters:");
      told.forEach(line -> text.append("\n    ").append(line));
    }
    return List.of(BREAK.split(text.toString().replace("\\", "\\\\").replace("\"\"\"", "'''")));
  }

  /** What the signature does not say already. */
  private static Optional<String> told(ToolParameter parameter) {
    @Nullable String fields = Hints.fields(schema(parameter));
    if (fields == null && parameter.description().isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        parameter.name()
            + (fields == null ? "" : " (dict with " + fields + ")")
            + (parameter.description().isEmpty()
                ? ""
                : ": " + BREAK.matcher(parameter.description()).replaceAll(" ")));
  }

  private static JsonNode schema(ToolParameter parameter) {
    return Json.MAPPER.readTree(parameter.schemaJson());
  }

  private static String indented(String line) {
    return line.isEmpty() ? "\n" : "\n    " + line;
  }
}
