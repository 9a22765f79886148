package dev.pyvisor.transport.websocket;

import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.error.ExitReport;
import dev.pyvisor.error.Tombstone;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The link is over for good; the message says why, and the fix.
 *
 * <p>Immutable.
 */
final class LinkEnded extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Optional<ErrorCode> refused;
  private final transient Optional<Tombstone> tombstone;

  LinkEnded(String message) {
    this(message, Optional.empty(), Optional.empty());
  }

  /** The runner's last word was a refusal. */
  LinkEnded(String message, Optional<ErrorCode> refused, Optional<Tombstone> tombstone) {
    super(message, null, false, false); // no defect of this side: nobody needs its stack
    this.refused = refused;
    this.tombstone = tombstone;
  }

  /** The end of a runner of which nothing but the link is known. */
  ExitReport report() {
    return new ExitReport(
        String.valueOf(getMessage()), OptionalInt.empty(), "", refused, tombstone);
  }
}
