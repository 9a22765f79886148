package dev.pyvisor.transport.websocket;

/**
 * The link is over for good; the message says why, and the fix.
 *
 * <p>Immutable.
 */
final class LinkEnded extends RuntimeException {
  private static final long serialVersionUID = 1L;

  LinkEnded(String message) {
    super(message, null, false, false); // no defect of this side: nobody needs its stack
  }
}
