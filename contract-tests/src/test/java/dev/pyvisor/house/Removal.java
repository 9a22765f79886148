package dev.pyvisor.house;

import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The list in docs/STDIO.md of what goes with the deprecated backend. */
final class Removal {
  static final String MARK = "stdio-backend";

  private static final Pattern LIST =
      Pattern.compile("^```removal\\n(.*?)^```$", Pattern.DOTALL | Pattern.MULTILINE);

  private final List<String> deleted = new ArrayList<>();
  private final Set<String> marked = new TreeSet<>();

  Removal(String page) {
    Matcher list = LIST.matcher(page);
    if (!list.find()) {
      throw new AssertionError("docs/STDIO.md has no list of what is to be removed");
    }
    for (String line : list.group(1).lines().toList()) {
      String[] words = line.split(" ", 2);
      switch (words[0]) {
        case "delete" -> deleted.add(words[1]);
        case "lines" -> marked.add(words[1]);
        default -> throw new AssertionError("'" + line + "' is neither 'delete' nor 'lines'");
      }
    }
  }

  /** Patterns of files and folders that go as a whole. */
  List<String> deleted() {
    return deleted;
  }

  /** Files of which marked lines go. */
  Set<String> marked() {
    return marked;
  }

  /** Whether a file goes as a whole; {@code file}: relative to the project. */
  boolean goes(String file) {
    return deleted.stream().anyMatch(pattern -> matches(pattern, file));
  }

  /** Whether a file is one of a pattern, or lies below it. */
  static boolean matches(String pattern, String file) {
    PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + pattern);
    for (Path path = Path.of(file); path != null; path = path.getParent()) {
      if (matcher.matches(path)) {
        return true;
      }
    }
    return false;
  }

  /** What is left of a file's lines. */
  static List<String> without(String text) {
    List<String> left = new ArrayList<>();
    boolean inside = false;
    for (String line : text.lines().toList()) {
      inside = inside || line.contains(MARK + ": begin");
      if (!inside && !line.contains(MARK)) {
        left.add(line);
      }
      inside = inside && !line.contains(MARK + ": end");
    }
    if (inside) {
      throw new AssertionError("a marked part has no end");
    }
    return left;
  }
}
