package dev.pyvisor.matrix;

import dev.pyvisor.contract.load.Interpreters;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * An interpreter that copies the token of a runner that listens before that begins: the host
 * removes the file itself, and a test that probes the runner needs what is in it.
 */
final class TokenKeeper {
  private static final String KEPT = ".kept";
  private static final Path PYTHON = make();

  private TokenKeeper() {}

  static Path python() {
    return PYTHON;
  }

  /** What the copy of a runner's token file holds. */
  static String token(Path file) throws IOException {
    return Files.readString(file.resolveSibling(file.getFileName() + KEPT)).strip();
  }

  /** Beside the directory for temporary files, in which no test may leave any. */
  private static Path make() {
    Path script =
        Path.of(System.getProperty("java.io.tmpdir"))
            .toAbsolutePath()
            .resolveSibling("token-keeper-" + ProcessHandle.current().pid());
    try {
      Files.writeString(
          script,
          """
          #!/bin/sh
          for word; do
            [ "$before" = --token-file ] && cp -p "$word" "$word%s"
            before=$word
          done
          exec '%s' "$@"
          """
              .formatted(KEPT, Interpreters.standard()));
    } catch (IOException problem) {
      throw new UncheckedIOException("no script can be made", problem);
    }
    script.toFile().deleteOnExit();
    if (!script.toFile().setExecutable(true)) {
      throw new IllegalStateException(script + " cannot be made a program");
    }
    return script;
  }
}
