package dev.pyvisor.transport.websocket;

/**
 * The link has been away for longer than is waited for.
 *
 * <p>Immutable.
 */
final class LinkLost extends RuntimeException {
  private static final long serialVersionUID = 1L;

  LinkLost(String message) {
    super(message);
  }
}
