package dev.pyvisor.cli;

import dev.pyvisor.Launcher;
import dev.pyvisor.transport.launch.Launchers;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Facts of this machine that decide what Pyvisor can do on it. */
final class Machine {
  private static final long PROBE_SECONDS = 10;
  private static final Pattern PYTHON = Pattern.compile("python3(\\.\\d+)?");

  private Machine() {}

  static List<String> facts() {
    String os = System.getProperty("os.name");
    List<String> facts = new ArrayList<>();
    facts.add(os + " " + System.getProperty("os.version") + ", " + System.getProperty("os.arch"));
    facts.add(
        "Java "
            + System.getProperty("java.version")
            + ", "
            + Runtime.getRuntime().availableProcessors()
            + " processors");
    if (!os.equals("Linux")) {
      facts.add("the local backends need Linux; on " + os + " use a runner elsewhere");
    }
    return facts;
  }

  static List<String> pythons() {
    List<String> lines = new ArrayList<>();
    for (Path python : onPath(PYTHON)) {
      lines.add(
          python
              + "  "
              + probe(python.toString(), "--version")
                  .map(Machine::verdict)
                  .orElse("does not answer --version"));
    }
    if (lines.isEmpty()) {
      lines.add("no python3 on the PATH; install Python 3.9 or newer, or give --python PATH");
    }
    return lines;
  }

  private static String verdict(String version) {
    String[] parts = version.replace("Python ", "").split("\\.");
    boolean old = parts.length > 1 && parts[0].equals("3") && Integer.parseInt(parts[1]) < 9;
    return old ? version + "  (too old: the runner needs 3.9 or newer)" : version;
  }

  static List<String> limits() {
    List<String> lines = new ArrayList<>();
    read(Path.of("/proc/self/limits"))
        .ifPresent(
            text ->
                text.lines()
                    .filter(
                        line ->
                            line.startsWith("Max open files") || line.startsWith("Max processes"))
                    .map(line -> line.strip().replaceAll(" {2,}", "  "))
                    .forEach(lines::add));
    read(Path.of("/proc/sys/fs/pipe-user-pages-soft"))
        .ifPresent(
            pages ->
                lines.add(
                    "pipe pages of an unprivileged user  "
                        + pages.strip()
                        + " (beyond them the kernel makes small pipes; Pyvisor works with those)"));
    return lines;
  }

  /** Each launcher, and whether it can be used here; what it costs to find out is done. */
  static List<String> launchers() {
    return Arrays.stream(Launcher.values())
        .map(kind -> String.format("%-10s  %s", kind.word(), usability(kind)))
        .toList();
  }

  private static String usability(Launcher kind) {
    if (kind == Launcher.PROCESS) {
      return "usable; isolates nothing: code runs with the rights of whoever starts it";
    }
    return Launchers.obstacle(kind).map(why -> "not usable: " + why).orElse("usable");
  }

  private static Set<Path> onPath(Pattern name) {
    Set<Path> found = new LinkedHashSet<>();
    for (String entry : System.getenv().getOrDefault("PATH", "").split(File.pathSeparator)) {
      Path folder = Path.of(entry);
      if (entry.isBlank() || !Files.isDirectory(folder)) {
        continue;
      }
      try (Stream<Path> files = Files.list(folder)) {
        files
            .filter(file -> name.matcher(file.getFileName().toString()).matches())
            .filter(Files::isExecutable)
            .sorted()
            .forEach(found::add);
      } catch (IOException e) {
        // A folder that cannot be listed offers nothing.
      }
    }
    return found;
  }

  private static Optional<String> probe(String... command) {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      process.getOutputStream().close();
      if (!process.waitFor(PROBE_SECONDS, TimeUnit.SECONDS)) {
        process.toHandle().destroyForcibly();
        return Optional.empty();
      }
      String text = new String(process.getInputStream().readNBytes(4096), StandardCharsets.UTF_8);
      return process.exitValue() == 0
          ? text.lines().findFirst().map(String::strip)
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }

  private static Optional<String> read(Path file) {
    try {
      return Optional.of(Files.readString(file));
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
