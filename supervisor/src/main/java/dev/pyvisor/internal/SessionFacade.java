package dev.pyvisor.internal;

import dev.pyvisor.Session;

/**
 * Makes the public face of a session.
 *
 * <p>Thread-safe: implementations hold no state.
 */
public interface SessionFacade {
  Session of(ClientCore client, SessionCore session);
}
