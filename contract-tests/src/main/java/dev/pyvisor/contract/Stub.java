package dev.pyvisor.contract;

import dev.pyvisor.SupervisorClient;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/** Small Python programs in the place of the runner, which write their frames by hand. */
final class Stub {
  private Stub() {}

  /** This client's, with the program in the runner's place; one that ends is not replaced. */
  static SupervisorClient.Builder instead(
      SupervisorClient.Builder client, Path folder, String program) {
    return client.payload(payload(folder, program)).restart(false);
  }

  /**
   * A payload whose whole program is this, with the shared prelude before it.
   *
   * @param folder where it is written, over one that is there
   */
  static Path payload(Path folder, String program) {
    try (InputStream prelude = Stub.class.getResourceAsStream("stub.py")) {
      byte[] shared = Objects.requireNonNull(prelude).readAllBytes();
      String text = new String(shared, StandardCharsets.UTF_8) + "\n\n" + program;
      Files.writeString(folder.resolve("__main__.py"), text, StandardCharsets.UTF_8);
      return folder;
    } catch (IOException problem) {
      throw new UncheckedIOException("cannot write a stub into " + folder, problem);
    }
  }
}
