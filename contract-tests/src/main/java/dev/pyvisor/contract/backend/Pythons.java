package dev.pyvisor.contract.backend;

/**
 * Which of the machine's interpreters a backend is run with. Each is a row of the matrix.
 *
 * <p>Immutable.
 */
public enum Pythons {
  /** Every supported version that is there. */
  ALL,
  /** The one that {@code python3} means. */
  STANDARD,
  /** Every supported version but that one. */
  OTHERS
}
