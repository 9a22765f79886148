package dev.pyvisor.contract.load;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The Python interpreters of this machine. The system property {@code pyvisor.pythons}, a path
 * list, replaces the search.
 *
 * <p>Immutable.
 */
public final class Interpreters {
  private static final int PROBE_SECONDS = 20;
  private static final String PROBE =
      "import sys, os; v = sys.version_info;"
          + "print('%d.%d %s' % (v[0], v[1], os.path.abspath(sys.executable)))";

  private Interpreters() {}

  /** The interpreter that {@code python3} means on the path of this process. */
  public static Path standard() {
    return Standard.FOUND.path;
  }

  /** The version of {@link #standard()}, as the keys of {@link #supported()} have it. */
  public static int standardVersion() {
    return Standard.FOUND.version;
  }

  /** Every minor version from 3.9 on, once, oldest first: "3.9" to its interpreter. */
  public static Map<Integer, Path> supported() {
    Map<Integer, Path> all = new TreeMap<>(everyOne());
    all.keySet().removeIf(minor -> minor < 309);
    return all;
  }

  /** Every minor version that is too old, once, oldest first. */
  public static Map<Integer, Path> tooOld() {
    Map<Integer, Path> all = new TreeMap<>(everyOne());
    all.keySet().removeIf(minor -> minor >= 309);
    return all;
  }

  /** The version of an interpreter; empty where the program does not answer like a Python. */
  public static OptionalInt versionOf(Path python) {
    return probe(python.toString()).stream().mapToInt(Found::version).findFirst();
  }

  /** {@code 309} as "3.9". */
  public static String name(int version) {
    return version / 100 + "." + version % 100;
  }

  private static Map<Integer, Path> everyOne() {
    return Everything.BY_VERSION;
  }

  private static Map<Integer, Path> search() {
    Map<Integer, Path> found = new TreeMap<>();
    for (Path candidate : candidates()) {
      probe(candidate.toString())
          .ifPresent(python -> found.putIfAbsent(python.version, python.path));
    }
    return found;
  }

  private static Optional<Found> probe(String command) {
    try {
      Process process = new ProcessBuilder(command, "-c", PROBE).redirectErrorStream(true).start();
      String answer = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!ends(process) || process.exitValue() != 0) {
        return Optional.empty();
      }
      String[] parts = answer.strip().split("[. ]", 3);
      return Optional.of(
          new Found(
              Integer.parseInt(parts[0]) * 100 + Integer.parseInt(parts[1]), Path.of(parts[2])));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /**
   * Whether it ends in time. An interrupt is kept for later: whoever asks first asks for all tests
   * of this JVM, and a test whose time is up must not take the answer from the others.
   */
  private static boolean ends(Process process) {
    return process
        .onExit()
        .thenApply(over -> true)
        .completeOnTimeout(false, PROBE_SECONDS, TimeUnit.SECONDS)
        .join();
  }

  private static List<Path> candidates() {
    String named = System.getProperty("pyvisor.pythons", "");
    if (!named.isBlank()) {
      return Stream.of(named.split(File.pathSeparator)).map(Path::of).toList();
    }
    TreeSet<Path> result = new TreeSet<>();
    for (Path folder : folders()) {
      list(folder).stream()
          .filter(file -> file.getFileName().toString().matches("python[23]?(\\.\\d+)?"))
          .filter(Files::isExecutable)
          .forEach(result::add);
    }
    return List.copyOf(result);
  }

  private static List<Path> folders() {
    List<Path> folders = new ArrayList<>();
    for (String entry : System.getenv().getOrDefault("PATH", "").split(File.pathSeparator)) {
      // A shim answers for whatever version the current directory asks for.
      if (!entry.isBlank() && !entry.endsWith("shims")) {
        folders.add(Path.of(entry));
      }
    }
    Path versions = Path.of(System.getProperty("user.home"), ".pyenv", "versions");
    if (Files.isDirectory(versions)) {
      list(versions).forEach(home -> folders.add(home.resolve("bin")));
    }
    return folders.stream().filter(Files::isDirectory).distinct().toList();
  }

  private static List<Path> list(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot list " + folder, e);
    }
  }

  private record Found(int version, Path path) {}

  private static final class Everything {
    static final Map<Integer, Path> BY_VERSION = search();
  }

  private static final class Standard {
    static final Found FOUND = choose();

    private static Found choose() {
      return probe("python3")
          .filter(python -> python.version >= 309)
          .or(Standard::oldest)
          .orElseThrow(() -> new IllegalStateException("no Python 3.9 or newer on this machine"));
    }

    private static Optional<Found> oldest() {
      return supported().entrySet().stream()
          .map(python -> new Found(python.getKey(), python.getValue()))
          .findFirst();
    }
  }
}
