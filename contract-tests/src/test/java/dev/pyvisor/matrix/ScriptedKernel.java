package dev.pyvisor.matrix;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.runner.RunnerPayload;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;

/**
 * A copy of the runner whose kernel does what the cell's text says and nothing else, and fifos by
 * which a test lets that kernel go on.
 */
final class ScriptedKernel {
  private final Path folder;
  private final Path payload;

  private ScriptedKernel(Path folder, Path payload) {
    this.folder = folder;
    this.payload = payload;
  }

  /** Writes the copy below {@code folder}. */
  static ScriptedKernel in(Path folder) throws IOException {
    Path cache = Files.createDirectory(folder.resolve("runner"));
    Files.setPosixFilePermissions(cache, PosixFilePermissions.fromString("rwx------"));
    Path payload = RunnerPayload.unpack(cache);
    try (InputStream script = ScriptedKernel.class.getResourceAsStream("/scripted/kernel.py")) {
      Files.copy(
          Objects.requireNonNull(script),
          payload.resolve("_runner/kernel.py"),
          StandardCopyOption.REPLACE_EXISTING);
    }
    return new ScriptedKernel(folder, payload);
  }

  /** A client of a runner with this kernel. */
  SupervisorClient.Builder client() {
    return Pipe.client().payload(payload);
  }

  /** Adds lines to a file of the copy: to take a mechanism away, and see that it is missed. */
  void amend(String file, String lines) throws IOException {
    Files.writeString(
        payload.resolve("_runner").resolve(file), "\n" + lines + "\n", StandardOpenOption.APPEND);
  }

  /** A fifo that a script can wait for. */
  Path fifo(String name) throws IOException, InterruptedException {
    Path fifo = folder.resolve(name);
    Process made = new ProcessBuilder("mkfifo", fifo.toString()).inheritIO().start();
    if (made.waitFor() != 0) {
      throw new IOException("mkfifo " + fifo + " ended with " + made.exitValue());
    }
    return fifo;
  }

  /** Lets whoever waits for the fifo go on; waits itself until somebody does wait. */
  static void open(Path fifo) throws IOException {
    Files.write(fifo, "go\n".getBytes(StandardCharsets.UTF_8));
  }
}
