package dev.pyvisor.contract.backend;

/**
 * What is asked of a machine that lacks a sandbox.
 *
 * <p>Immutable.
 */
public final class Sandboxes {
  /** The variable that says it. */
  public static final String VARIABLE = "PYVISOR_SANDBOXES";

  private Sandboxes() {}

  /**
   * Whether tests that need a sandbox are to fail, rather than to be skipped, where there is none.
   */
  public static boolean areRequired() {
    return "required".equals(System.getenv(VARIABLE));
  }
}
