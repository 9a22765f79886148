package dev.pyvisor.sabotage;

import dev.pyvisor.runner.RunnerPayload;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * Copies of our runner with lines behind one of its files: with a mechanism taken away, or with
 * other bounds.
 *
 * <p>Immutable.
 */
public final class PatchedRunner {
  private PatchedRunner() {}

  /**
   * A copy in a new folder.
   *
   * @param file the name of a module of the runner, such as {@code limits.py}
   */
  public static Path in(Path folder, String file, String lines) throws IOException {
    Files.createDirectory(folder);
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
    Path payload = RunnerPayload.unpack(folder);
    Files.writeString(
        payload.resolve("_runner").resolve(file),
        "\n" + lines.strip() + "\n",
        StandardOpenOption.APPEND);
    return payload;
  }
}
