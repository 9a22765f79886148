package dev.pyvisor.transport.launch;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Programs of the PATH.
 *
 * <p>Immutable.
 */
final class Program {
  private Program() {}

  static Optional<Path> find(String name) {
    return searchPath().stream()
        .map(directory -> directory.resolve(name).toAbsolutePath())
        .filter(Program::runnable)
        .findFirst();
  }

  static boolean runnable(Path file) {
    return Files.isRegularFile(file) && Files.isExecutable(file);
  }

  /** The directories of the PATH, each once. */
  static List<Path> searchPath() {
    String path = System.getenv("PATH");
    return Arrays.stream((path == null ? "" : path).split(Pattern.quote(File.pathSeparator)))
        .filter(entry -> !entry.isEmpty())
        .map(Path::of)
        .distinct()
        .toList();
  }
}
