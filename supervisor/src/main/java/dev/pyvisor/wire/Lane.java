package dev.pyvisor.wire;

/**
 * What credit is given for (PROTOCOL.md section 6).
 *
 * <p>Immutable.
 */
public enum Lane {
  STDOUT(1, Limits.OUTPUT_WINDOW),
  STDERR(2, Limits.OUTPUT_WINDOW),
  KERNEL(3, Limits.KERNEL_WINDOW);

  private final int number;
  private final int window;

  Lane(int number, int window) {
    this.number = number;
    this.window = window;
  }

  public int number() {
    return number;
  }

  /** The credit that a lane starts with. */
  public int window() {
    return window;
  }
}
