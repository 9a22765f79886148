package dev.pyvisor.error;

/**
 * Whether a request reached the runner: the one thing to know before it is sent again.
 *
 * <p>Immutable.
 */
public enum Delivery {
  /** No byte of it was sent: sending it again cannot do anything twice. */
  NEVER_SENT,
  /** It was sent, at least in part, and nothing was heard of it. */
  UNKNOWN,
  /** The runner answered it. */
  ANSWERED
}
