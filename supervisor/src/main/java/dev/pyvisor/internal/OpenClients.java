package dev.pyvisor.internal;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The clients that are open, so that the end of the JVM closes them. The leash ends their runners
 * in any case; this also removes their files, and those of clients that are being started.
 *
 * <p>Thread-safe: by a concurrent set.
 */
final class OpenClients {
  private static final Set<ClientCore> OPEN = ConcurrentHashMap.newKeySet();

  static {
    try {
      Runtime.getRuntime().addShutdownHook(new Thread(OpenClients::end, "pyvisor-shutdown"));
    } catch (IllegalStateException ending) {
      PrivateDirectory.removeAll(); // it is the first client, and too late
    }
  }

  private OpenClients() {}

  private static void end() {
    OPEN.parallelStream().forEach(ClientCore::close);
    PrivateDirectory.removeAll();
  }

  /** From the first call on the end of the JVM is noticed. */
  static void watch() {
    // The initializer has done it.
  }

  static void add(ClientCore client) {
    OPEN.add(client);
  }

  static void remove(ClientCore client) {
    OPEN.remove(client);
  }
}
