package dev.pyvisor;

import java.util.Locale;

/**
 * When a session keeps a frozen copy of its state, for the case that its kernel dies or must be
 * killed.
 *
 * <p>Immutable.
 */
public enum CheckpointPolicy {
  /**
   * After each cell that may have changed the state, when its outcome is known, unless it is dear.
   */
  AUTO,
  /** The same, whatever it costs. */
  ALWAYS,
  /** Not by itself: a killed kernel's state is lost, unless a checkpoint was asked for. */
  NEVER;

  /** The word on the wire and on the command line. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
