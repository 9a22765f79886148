package dev.pyvisor.runner;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The Python interpreters of this machine, each version once.
 *
 * <p>Immutable.
 */
final class Pythons {
  private static final String PROBE =
      "import sys; print('%d.%d.%d %s' % (sys.version_info[:3] + (sys.executable,)))";

  private Pythons() {}

  /**
   * Version text to interpreter, for every version found, the first of the PATH where there are
   * two; {@code pyvisor.pythons} replaces the search.
   */
  static Map<String, Path> all() throws IOException, InterruptedException {
    Map<String, Path> found = new LinkedHashMap<>();
    for (Path candidate : candidates()) {
      Process process =
          new ProcessBuilder(candidate.toString(), "-c", PROBE).redirectErrorStream(true).start();
      String answer = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor(20, TimeUnit.SECONDS) && process.exitValue() == 0) {
        String[] parts = answer.strip().split(" ", 2);
        found.putIfAbsent(parts[0], Path.of(parts[1]));
      }
    }
    return found;
  }

  static boolean supported(String version) {
    String[] parts = version.split("\\.");
    int major = Integer.parseInt(parts[0]);
    return major > 3 || major == 3 && Integer.parseInt(parts[1]) >= 9;
  }

  /** Of a version its release line: 3.11 of 3.11.7. */
  static String line(String version) {
    return version.replaceFirst("^(\\d+\\.\\d+).*", "$1");
  }

  private static List<Path> candidates() throws IOException {
    String named = System.getProperty("pyvisor.pythons", "");
    if (!named.isBlank()) {
      return Stream.of(named.split(File.pathSeparator)).map(Path::of).toList();
    }
    Set<Path> result = new LinkedHashSet<>();
    for (Path folder : folders()) {
      try (Stream<Path> files = Files.list(folder)) {
        files
            .filter(file -> file.getFileName().toString().matches("python(2|3)?(\\.\\d+)?"))
            .filter(Files::isExecutable)
            .sorted()
            .forEach(result::add);
      }
    }
    return List.copyOf(result);
  }

  private static List<Path> folders() throws IOException {
    List<Path> folders = new ArrayList<>();
    for (String entry : System.getenv().getOrDefault("PATH", "").split(File.pathSeparator)) {
      // Shims choose a version by the current directory; the versions themselves are searched
      // below.
      if (!entry.isBlank() && !entry.endsWith("shims")) {
        folders.add(Path.of(entry));
      }
    }
    Path versions = Path.of(System.getProperty("user.home"), ".pyenv", "versions");
    if (Files.isDirectory(versions)) {
      try (Stream<Path> homes = Files.list(versions)) {
        homes.map(home -> home.resolve("bin")).forEach(folders::add);
      }
    }
    return folders.stream().filter(Files::isDirectory).distinct().toList();
  }
}
