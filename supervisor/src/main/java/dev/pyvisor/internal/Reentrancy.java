package dev.pyvisor.internal;

import dev.pyvisor.error.CallFailed;
import dev.pyvisor.error.ErrorCode;
import java.util.function.BooleanSupplier;

/**
 * Law 14: a tool or a listener that would wait for its own session, and so for itself, gets an
 * error at once.
 *
 * <p>Thread-safe: it holds no state.
 */
public final class Reentrancy {
  private final SessionLife session;
  private final BooleanSupplier calling;

  /** {@code calling}: whether it is asked by a tool that the session waits for. */
  public Reentrancy(SessionLife session, BooleanSupplier calling) {
    this.session = session;
    this.calling = calling;
  }

  /** Refuses a verb to the session's own listeners. */
  public void refuseListener(String verb) {
    if (session.mailbox().runsHere()) {
      throw reentrant(verb, "a listener");
    }
  }

  /** Refuses a verb to the session's own tools. */
  void refuseTools(String verb) {
    if (calling.getAsBoolean() || ToolRun.runsHere(session)) {
      throw reentrant(verb, "a tool");
    }
  }

  private CallFailed reentrant(String verb, String who) {
    return new CallFailed(
        session.core().runnerId(),
        ErrorCode.REENTRANT_CALL,
        verb
            + ": "
            + who
            + " of session '"
            + session.name()
            + "' cannot call the same session back from a host tool callback; use another session");
  }
}
