package dev.pyvisor.transport.pipe;

import dev.pyvisor.SupervisorClient;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Small Python programs in the place of the runner. */
final class Stub {
  private Stub() {}

  /**
   * A client of a runner whose whole program is this, with the shared prelude before it; its death
   * is the end.
   */
  static SupervisorClient.Builder client(Path directory, String program) {
    return SupervisorClient.builder().payload(payload(directory, program)).trusted().restart(false);
  }

  static Path payload(Path directory, String program) {
    try (InputStream prelude = Stub.class.getResourceAsStream("/stubs/prelude.py")) {
      String text = new String(prelude.readAllBytes(), StandardCharsets.UTF_8) + "\n\n" + program;
      Files.writeString(directory.resolve("__main__.py"), text, StandardCharsets.UTF_8);
      return directory;
    } catch (IOException problem) {
      throw new AssertionError(problem);
    }
  }
}
