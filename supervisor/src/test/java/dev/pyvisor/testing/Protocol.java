package dev.pyvisor.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads tables and examples out of PROTOCOL.md. */
public final class Protocol {
  private static final Pattern FENCE =
      Pattern.compile("```(json|hex) wire:(\\S+)\n(.*?)\n```", Pattern.DOTALL);

  private Protocol() {}

  /**
   * The rows of the table behind {@code <!-- table:name -->}, without its two head lines, cells
   * trimmed of backticks.
   */
  public static List<List<String>> table(String name) {
    String text = text();
    int start = text.indexOf("<!-- table:" + name + " -->\n");
    if (start < 0) {
      throw new AssertionError("PROTOCOL.md has no table " + name);
    }
    List<List<String>> rows = new ArrayList<>();
    for (String line : text.substring(text.indexOf('\n', start) + 1).lines().toList()) {
      if (!line.startsWith("|")) {
        break;
      }
      rows.add(
          Arrays.stream(line.substring(1, line.length() - 1).split("\\|"))
              .map(cell -> cell.strip().replace("`", ""))
              .toList());
    }
    return rows.subList(2, rows.size());
  }

  /** The named examples of one language: {@code json} or {@code hex}. */
  public static Map<String, String> examples(String language) {
    Map<String, String> examples = new LinkedHashMap<>();
    for (Matcher fence = FENCE.matcher(text()); fence.find(); ) {
      if (fence.group(1).equals(language)) {
        examples.put(fence.group(2), fence.group(3));
      }
    }
    return examples;
  }

  private static String text() {
    try {
      return Files.readString(root().resolve("docs/PROTOCOL.md"), StandardCharsets.UTF_8);
    } catch (IOException problem) {
      throw new UncheckedIOException(problem);
    }
  }

  /** The root of the project. */
  public static Path root() {
    String given = System.getProperty("pyvisor.root");
    Path at = given == null ? Path.of("").toAbsolutePath() : Path.of(given);
    while (!Files.exists(at.resolve("docs/PROTOCOL.md"))) {
      at = at.getParent();
    }
    return at;
  }
}
