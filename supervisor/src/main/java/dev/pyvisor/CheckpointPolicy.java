package dev.pyvisor;

import java.util.Locale;

/**
 * When a session keeps a frozen copy of its state, for the case that its kernel dies or must be
 * killed.
 *
 * <p>Immutable.
 */
public enum CheckpointPolicy {
  /** After cells, while the session is idle, where it costs little. */
  AUTO,
  /** After every cell. */
  ALWAYS,
  /** Not by itself: a killed kernel's state is lost, unless a checkpoint was asked for. */
  NEVER;

  /** The word on the wire and on the command line. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
