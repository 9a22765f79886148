package dev.pyvisor.transport.launch;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
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
    String path = System.getenv("PATH");
    return Arrays.stream((path == null ? "" : path).split(Pattern.quote(File.pathSeparator)))
        .filter(entry -> !entry.isEmpty())
        .map(entry -> Path.of(entry, name).toAbsolutePath())
        .filter(file -> Files.isRegularFile(file) && Files.isExecutable(file))
        .findFirst();
  }
}
