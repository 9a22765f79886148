package dev.pyvisor.internal;

import java.nio.file.Path;

/**
 * What every connection of a client works with, and what outlives each of them.
 *
 * <p>Immutable.
 *
 * @param privateDirectory removed when the client closes
 * @param callbacks where listeners are called and futures completed
 * @param restart whether another runner follows one that died
 */
record ClientResources(
    Path privateDirectory,
    Timer timer,
    Counters counters,
    Trace trace,
    CallbackExecutor callbacks,
    boolean restart) {

  Mailbox newMailbox() {
    return new Mailbox(callbacks);
  }
}
