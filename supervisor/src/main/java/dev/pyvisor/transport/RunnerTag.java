package dev.pyvisor.transport;

/**
 * The variables of a runner's environment by which its processes can be told from others.
 *
 * <p>Immutable.
 */
public final class RunnerTag {
  /** Holds the runner's id, so that what escapes can be found. */
  public static final String NAME = "PYVISOR_RUNNER";

  /** Holds the client's private directory. */
  public static final String DIRECTORY = "PYVISOR_DIR";

  /** Holds what the runner's code may use; a runner takes it away before it starts anything. */
  public static final String ALLOWANCE = "PYVISOR_ALLOWANCE";

  private RunnerTag() {}
}
