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
  /** The same, but the tiers {@code verify} and {@code wide} leave out heavy contracts. */
  STANDARD_WITHOUT_HEAVY,
  /** The standard one without what is heavy; in the tier {@code full} all of them, with all. */
  STANDARD_OR_ALL,
  /** The standard one, held in these two tiers to what every Python is held to. */
  STANDARD_CORE,
  /** Every supported version that is older than that one. */
  OLDER,
  /** Every supported version that is newer than that one. */
  NEWER
}
