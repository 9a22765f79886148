package dev.pyvisor.bench.python;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The Python that measurements use.
 *
 * @param path as the interpreter itself tells it
 * @param version for example {@code 3.11.7}
 */
public record Interpreter(Path path, String version) {
  private static final String PROBE =
      "import sys; print('%d.%d.%d' % sys.version_info[:3], sys.executable)";

  /** The one that was named, else {@code python3} of the path; it is asked for its version. */
  public static Interpreter find(Optional<Path> named) throws IOException {
    Path path = named.or(Interpreter::onPath).orElse(null);
    if (path == null) {
      throw new IllegalArgumentException(
          "no python3 on the PATH; install Python 3.9 or newer, or name one");
    }
    if (!Files.isExecutable(path)) {
      throw new IllegalArgumentException(path + " is not an executable file");
    }
    return probe(path);
  }

  private static Optional<Path> onPath() {
    return Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
        .filter(entry -> !entry.isBlank())
        .map(entry -> Path.of(entry, "python3"))
        .filter(Files::isExecutable)
        .findFirst();
  }

  private static Interpreter probe(Path path) throws IOException {
    Process process =
        new ProcessBuilder(path.toString(), "-I", "-S", "-c", PROBE)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    String answer =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    String[] parts = answer.split(" ", 2);
    if (parts.length != 2 || !parts[0].matches("\\d+\\.\\d+\\.\\d+")) {
      throw new IllegalArgumentException(path + " is not a Python 3");
    }
    // A shim that looks up the interpreter at each start would be measured along with it.
    return new Interpreter(Path.of(parts[1]), parts[0]);
  }
}
