package dev.pyvisor.diagnosis;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * The folder of one report. What cannot be written is left out and named; it never stops the rest.
 *
 * <p>Guarded by this.
 */
final class ReportFolder {
  private final Path path;
  private final Disk disk;
  private final List<String> failures = new ArrayList<>();

  /**
   * Puts bytes into a file that is new.
   *
   * <p>Thread-safe: implementations hold no state.
   */
  @FunctionalInterface
  interface Disk {
    Disk REAL =
        (file, bytes) ->
            Files.write(file, bytes, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);

    void write(Path file, byte[] bytes) throws IOException;
  }

  ReportFolder(Path path, Disk disk) {
    this.path = path;
    this.disk = disk;
  }

  Path path() {
    return path;
  }

  void save(String name, String text) {
    try {
      disk.write(path.resolve(name), text.getBytes(UTF_8));
    } catch (IOException problem) {
      synchronized (this) {
        failures.add(name + " could not be written: " + problem.getMessage());
      }
    }
  }

  /** What is not there, and why. */
  synchronized List<String> failures() {
    return List.copyOf(failures);
  }
}
