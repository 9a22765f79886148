package dev.pyvisor.internal;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls what the user gave us. Whatever it throws is logged and ends there.
 *
 * <p>Immutable.
 */
final class UserCode {
  private static final Logger LOG = LoggerFactory.getLogger(UserCode.class);

  private UserCode() {}

  static void run(String what, Runnable code) {
    try {
      code.run();
    } catch (Throwable thrown) {
      // Also an Error: a listener's StackOverflowError must not cost the cell its end.
      LOG.warn("a listener failed on {}", what, thrown);
    }
  }
}
