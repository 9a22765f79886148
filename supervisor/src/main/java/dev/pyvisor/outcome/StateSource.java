package dev.pyvisor.outcome;

import java.util.Locale;

/**
 * Where the state that a session has now comes from.
 *
 * <p>Immutable.
 */
public enum StateSource {
  /** The kernel that ran the cell lives. */
  LIVE,
  /** A frozen copy took over. */
  CHECKPOINT,
  /** A snapshot of plain data was read into a new kernel. */
  SNAPSHOT,
  /** A new, empty kernel. */
  FRESH,
  /** The runner is gone: there is no state and no kernel. */
  NONE;

  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
