package dev.pyvisor.transport.stdio;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * Says once that this backend goes.
 *
 * <p>Thread-safe: by an atomic flag.
 */
final class Deprecation {
  static final String TEXT =
      "the backend stdio is deprecated and goes with version 1.0; use the backend pipe"
          + " (docs/STDIO.md)";

  private final AtomicBoolean said = new AtomicBoolean();

  void say(Consumer<String> log) {
    // Clients that open at once race; one says it.
    if (said.compareAndSet(false, true)) {
      log.accept(TEXT);
    }
  }
}
