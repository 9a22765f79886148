package dev.pyvisor.contract.backend;

/**
 * Which contracts a class of the matrix runs: where a row takes longer than all the others beside
 * it, two classes share it, and a build that gives each a JVM of its own is done earlier.
 *
 * <p>Immutable.
 */
public enum Half {
  /** All of them. */
  BOTH,
  /** One half, by their names. */
  FIRST,
  /** The other one. */
  SECOND;

  /** Whether a class of this half runs that contract. */
  public boolean has(String contract) {
    return this == BOTH || this == (contract.hashCode() % 2 == 0 ? FIRST : SECOND);
  }
}
