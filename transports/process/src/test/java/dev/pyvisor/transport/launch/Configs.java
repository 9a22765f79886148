package dev.pyvisor.transport.launch;

import dev.pyvisor.transport.Sandbox;
import dev.pyvisor.transport.ThreadRoster;
import dev.pyvisor.transport.TransportConfig;
import dev.pyvisor.transport.Trust;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/** What a launcher is given, in tests. */
final class Configs {
  private Configs() {}

  static TransportConfig of(Path privateDirectory, Optional<Path> python, Sandbox sandbox) {
    return new TransportConfig(
        "r1",
        python,
        Optional.empty(),
        Optional.empty(),
        Map.of(),
        privateDirectory,
        Duration.ofSeconds(10),
        Trust.STATED,
        sandbox,
        new ThreadRoster("r1"),
        Map.of());
  }
}
