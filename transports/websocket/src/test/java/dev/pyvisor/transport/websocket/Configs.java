package dev.pyvisor.transport.websocket;

import dev.pyvisor.transport.Sandbox;
import dev.pyvisor.transport.ThreadRoster;
import dev.pyvisor.transport.TransportConfig;
import dev.pyvisor.transport.Trust;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/** What a client says of its runner 7 that says nothing of what a test is not about. */
final class Configs {
  private Configs() {}

  static TransportConfig of(
      Path folder, Sandbox sandbox, ThreadRoster threads, Map<String, String> options) {
    return new TransportConfig(
        "7",
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Map.of(),
        folder,
        Duration.ofSeconds(10),
        Trust.STATED,
        sandbox,
        threads,
        options);
  }
}
