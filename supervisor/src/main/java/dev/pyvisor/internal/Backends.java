package dev.pyvisor.internal;

import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.transport.TransportProvider;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;

/**
 * Finds a backend by its name.
 *
 * <p>Immutable.
 */
final class Backends {
  private Backends() {}

  static TransportProvider named(String runnerId, String name) {
    List<String> found = new ArrayList<>();
    for (TransportProvider provider : ServiceLoader.load(TransportProvider.class, loader())) {
      if (provider.name().equals(name)) {
        return provider;
      }
      found.add(provider.name());
    }
    throw new LaunchFailed(
        runnerId,
        ErrorCode.INVALID_ARGUMENT,
        "no backend '"
            + name
            + "'; on the class path are "
            + (found.isEmpty() ? "none: add pyvisor-transport-pipe" : found),
        null);
  }

  private static ClassLoader loader() {
    return Backends.class.getClassLoader();
  }
}
