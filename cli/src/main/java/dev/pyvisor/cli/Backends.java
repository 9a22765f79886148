package dev.pyvisor.cli;

import dev.pyvisor.transport.TransportProvider;
import java.util.List;
import java.util.ServiceLoader;

/** The backends that this command has on its class path. */
final class Backends {
  private Backends() {}

  /** Their names, in alphabetical order. */
  static List<String> names() {
    return ServiceLoader.load(TransportProvider.class).stream()
        .map(found -> found.get().name())
        .sorted()
        .toList();
  }
}
