package dev.pyvisor.mcp.server;

/**
 * A call that cannot be done, and why, in words for a model.
 *
 * <p>Immutable.
 */
final class Refused extends RuntimeException {
  private static final long serialVersionUID = 1L;

  Refused(String why) {
    super(why, null, false, false);
  }
}
