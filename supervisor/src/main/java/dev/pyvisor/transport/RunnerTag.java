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

  /**
   * 1 where kernels are to install a filter of system calls on themselves; one that cannot refuses
   * to start.
   */
  public static final String CONFINE = "PYVISOR_CONFINE";

  /**
   * The folder of the private directory that a runner in a sandbox sees in the place of all of it.
   */
  public static final String SANDBOXED = "runner";

  private RunnerTag() {}
}
