package dev.pyvisor.internal;

import java.nio.file.Path;
import java.util.concurrent.Executor;

/**
 * What every connection of a client works with, and what outlives each of them.
 *
 * <p>Immutable.
 *
 * @param privateDirectory removed when the client closes
 * @param callbacks where listeners are called and futures completed
 * @param ownCallbacks what the user's executor refuses goes here
 * @param restart whether another runner follows one that died
 */
record ClientResources(
    Path privateDirectory,
    Timer timer,
    Counters counters,
    Trace trace,
    Executor callbacks,
    Executor ownCallbacks,
    boolean restart) {

  Mailbox newMailbox() {
    return new Mailbox(callbacks, ownCallbacks);
  }
}
