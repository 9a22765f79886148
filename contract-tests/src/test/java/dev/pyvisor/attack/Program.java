package dev.pyvisor.attack;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A hostile program, with the head that says what it tries and what is expected of it.
 *
 * <p>Immutable.
 *
 * @param name of its file, without the ending
 * @param head its lines {@code # key: value}
 * @param parts its code; a second part is for another, later session
 */
record Program(String name, Map<String, String> head, List<String> parts) {
  static final Path FOLDER =
      Path.of(System.getProperty("pyvisor.root"), "contract-tests/src/test/resources/attack");

  private static final Pattern HEAD = Pattern.compile("^# ([a-z]+): +(.*)$");
  private static final Pattern NEXT = Pattern.compile("(?m)^# == the next session ==$");
  private static final Set<String> NEEDED =
      Set.of("title", "class", "tries", "success", "witness", "bare");
  private static final Set<String> ALLOWED =
      Set.of(
          "harmless",
          "client",
          "backend",
          "needs",
          "seconds",
          "tidy",
          "beside",
          "collect",
          "process",
          "bubblewrap",
          "podman");

  Program {
    head = Map.copyOf(head);
    parts = List.copyOf(parts);
    if (!head.keySet().containsAll(NEEDED)) {
      throw new IllegalArgumentException(name + ".py needs " + NEEDED + ", has " + head.keySet());
    }
    for (String key : head.keySet()) {
      if (!NEEDED.contains(key) && !ALLOWED.contains(key)) {
        throw new IllegalArgumentException(name + ".py has the unknown key " + key);
      }
    }
  }

  /** All, by class and then by name. */
  static List<Program> all() {
    try (Stream<Path> files = Files.list(FOLDER.resolve("programs"))) {
      return files
          .filter(file -> file.toString().endsWith(".py"))
          .map(Program::read)
          .sorted((a, b) -> (a.kind() + a.name).compareTo(b.kind() + b.name))
          .toList();
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  private static Program read(Path file) {
    try {
      String text = Files.readString(file);
      Map<String, String> head = new LinkedHashMap<>();
      for (String line : text.lines().toList()) {
        Matcher matcher = HEAD.matcher(line);
        if (!matcher.matches()) {
          break;
        }
        head.put(matcher.group(1), matcher.group(2).strip());
      }
      String name = file.getFileName().toString().replaceAll("\\.py$", "");
      return new Program(name, head, List.of(NEXT.split(text)));
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  String title() {
    return head.get("title");
  }

  String tries() {
    return head.get("tries");
  }

  String kind() {
    return head.get("class");
  }

  Witness witness() {
    return Witness.of(head.get("witness"));
  }

  /** Why no positive control can be had. */
  Optional<String> harmless() {
    return Optional.ofNullable(head.get("harmless"));
  }

  /** What is expected under a launcher; empty where nobody has measured it. */
  Optional<Finding> expected(Cage cage) {
    return Optional.ofNullable(head.get(cage.word())).map(Finding::of);
  }

  /** Whether it needs a client that no other program uses: it ends the runner, or outlives it. */
  boolean alone() {
    return parts.size() > 1 || "own".equals(head.get("client"));
  }

  /** How long it may run, where it is about that. */
  int seconds(int otherwise) {
    return Integer.parseInt(head.getOrDefault("seconds", Integer.toString(otherwise)));
  }

  /** What the host takes out of the workspace, where it is about that. */
  Optional<String> collected() {
    return Optional.ofNullable(head.get("collect"));
  }

  /** The backend that it is about. */
  Optional<String> backend() {
    return Optional.ofNullable(head.get("backend"));
  }

  /** What this machine must have for it. */
  Set<String> needs() {
    return Arrays.stream(head.getOrDefault("needs", "").split(","))
        .map(String::strip)
        .filter(need -> !need.isEmpty())
        .collect(Collectors.toUnmodifiableSet());
  }

  @Override
  public String toString() {
    return name;
  }
}
