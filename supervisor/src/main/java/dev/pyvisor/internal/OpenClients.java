package dev.pyvisor.internal;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The clients that are open, so that the end of the JVM closes them. The leash ends their runners
 * in any case; this also removes their files.
 *
 * <p>Thread-safe: by a concurrent set.
 */
final class OpenClients {
  private static final Set<ClientCore> OPEN = ConcurrentHashMap.newKeySet();

  static {
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(() -> OPEN.parallelStream().forEach(ClientCore::close), "pyvisor-shutdown"));
  }

  private OpenClients() {}

  static void add(ClientCore client) {
    OPEN.add(client);
  }

  static void remove(ClientCore client) {
    OPEN.remove(client);
  }
}
