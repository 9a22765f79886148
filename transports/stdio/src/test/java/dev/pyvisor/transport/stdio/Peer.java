package dev.pyvisor.transport.stdio;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.transport.launch.PythonLocator;
import dev.pyvisor.transport.process.Census;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Supervisors of the old dialect, each a small Python program. */
final class Peer {
  private static final Path STRANGER =
      Path.of(System.getProperty("pyvisor.root"))
          .resolve("contract-tests/src/test/resources/stubs/legacy_supervisor.py");

  private Peer() {}

  /** A client of a peer whose whole program is this, with what all share before it. */
  static SupervisorClient.Builder client(Path directory, String program) {
    try (InputStream shared = Peer.class.getResourceAsStream("/peer.py")) {
      String text = new String(shared.readAllBytes(), StandardCharsets.UTF_8) + "\n\n" + program;
      Path file = directory.resolve("the peer.py");
      Files.writeString(file, text, StandardCharsets.UTF_8);
      return client(file);
    } catch (IOException problem) {
      throw new AssertionError(problem);
    }
  }

  /** A client of a healthy supervisor that a stranger wrote. */
  static SupervisorClient.Builder stranger() {
    return client(STRANGER);
  }

  /** A client of the runner that Pyvisor carries. */
  static SupervisorClient.Builder own() {
    return SupervisorClient.builder()
        .backend("stdio")
        .python(PythonLocator.locate("peer", Optional.empty()))
        .trusted();
  }

  private static SupervisorClient.Builder client(Path program) {
    Path python = PythonLocator.locate("peer", Optional.empty());
    return SupervisorClient.builder()
        .backend("stdio")
        .backendOption("stdio.command", python + " -I -S '" + program + "'")
        .trusted();
  }

  static SupervisorClient open(SupervisorClient.Builder builder) {
    SupervisorClient client = builder.open();
    Census.OWN.add(client.runner().runnerId());
    return client;
  }
}
