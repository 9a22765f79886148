package dev.pyvisor.outcome;

import java.util.Locale;

/**
 * The fates of a cell.
 *
 * <p>Immutable.
 */
public enum OutcomeKind {
  /** It ran to its end. */
  COMPLETED,
  /** It handed in its result and ended there. */
  SUBMITTED,
  /** It raised; the session goes on. */
  RAISED,
  /** Its deadline passed. */
  TIMED_OUT,
  /** It was interrupted. */
  INTERRUPTED,
  /** The kernel died while it ran. */
  CRASHED,
  /** It was withdrawn before it began. */
  CANCELLED,
  /** It was never sent, or never begun: running it again does nothing twice. */
  NEVER_STARTED,
  /** It was sent, and nobody can say what it did. */
  UNKNOWN;

  /** The word on the wire, in the command line's JSON and in logs. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
