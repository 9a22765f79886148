package dev.pyvisor.transport.launch;

import dev.pyvisor.error.LaunchFailed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Finds the interpreter to use.
 *
 * <p>Thread-safe: by a concurrent map.
 */
public final class PythonLocator {
  private static final List<String> NAMES =
      List.of("python3", "python3.13", "python3.12", "python3.11", "python3.10", "python3.9");
  private static final String FIX = "give one with python(...), on the command line --python PATH";

  /** Versions that were asked for; an interpreter is asked once in the life of this JVM. */
  private static final Map<Path, Optional<PythonVersion>> ASKED = new ConcurrentHashMap<>();

  private PythonLocator() {}

  /**
   * The chosen interpreter, or the first usable one of the PATH.
   *
   * @throws LaunchFailed when there is none; the message names what was looked at
   */
  public static Path locate(String runnerId, Optional<Path> chosen) {
    List<Path> directories = Program.searchPath();
    return chosen.isPresent()
        ? chosen(runnerId, chosen.get(), directories)
        : search(runnerId, directories);
  }

  private static Path chosen(String runnerId, Path chosen, List<Path> directories) {
    if (!chosen.isAbsolute() && chosen.getNameCount() == 1 && !Files.exists(chosen)) {
      return directories.stream()
          .map(directory -> directory.resolve(chosen))
          .filter(Program::runnable)
          .findFirst()
          .orElseThrow(
              () ->
                  new LaunchFailed(
                      runnerId, "python '" + chosen + "' is not on the PATH " + directories));
    }
    Path absolute = chosen.toAbsolutePath();
    String problem =
        !Files.exists(absolute)
            ? "does not exist"
            : Files.isDirectory(absolute)
                ? "is a directory"
                : !Files.isExecutable(absolute) ? "is not executable" : "";
    if (!problem.isEmpty()) {
      throw new LaunchFailed(
          runnerId,
          "python " + absolute + " " + problem + "; Python 3.9 or newer is needed, " + FIX);
    }
    return absolute;
  }

  private static Path search(String runnerId, List<Path> directories) {
    List<String> seen = new ArrayList<>();
    for (String name : NAMES) {
      for (Path directory : directories) {
        Path candidate = directory.resolve(name);
        if (Program.runnable(candidate)) {
          Optional<PythonVersion> version = version(candidate);
          if (version.isPresent() && version.get().usable()) {
            return candidate;
          }
          seen.add(candidate + " (" + version.map(Object::toString).orElse("no version") + ")");
        }
      }
    }
    throw new LaunchFailed(
        runnerId,
        "no Python "
            + PythonVersion.OLDEST
            + " or newer on the PATH "
            + directories
            + (seen.isEmpty() ? "" : "; found " + String.join(", ", seen))
            + "; install python3 or "
            + FIX);
  }

  private static Optional<PythonVersion> version(Path candidate) {
    Optional<PythonVersion> named = PythonVersion.byName(candidate);
    return named.isPresent() ? named : ASKED.computeIfAbsent(candidate, PythonVersion::byAsking);
  }
}
