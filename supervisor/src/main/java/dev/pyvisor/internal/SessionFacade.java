package dev.pyvisor.internal;

import dev.pyvisor.Session;
import java.util.function.BooleanSupplier;

/**
 * Makes the public face of a session.
 *
 * <p>Thread-safe: implementations hold no state.
 */
public interface SessionFacade {
  /** {@code calling}: whether whoever holds this face is a tool that the session waits for. */
  Session of(ClientCore client, SessionLife session, BooleanSupplier calling);
}
