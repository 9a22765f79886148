package dev.pyvisor;

import java.util.Optional;

/**
 * A piece of code to run, and what is wanted from it.
 *
 * <p>Immutable.
 *
 * @param code Python; code fences around it are taken off when it is sent
 * @param value whether the value of the last expression is reported
 * @param listener who hears of output and tool calls while the cell runs
 */
public record Cell(String code, ValueMode value, Optional<CellListener> listener) {

  /** A cell whose value is not asked for and whom nobody listens to. */
  public static Cell of(String code) {
    return new Cell(code, ValueMode.NOTHING, Optional.empty());
  }

  /** The same cell, reporting the value of its last expression. */
  public Cell withValue() {
    return new Cell(code, ValueMode.LAST_EXPRESSION, listener);
  }

  /** The same cell, with a listener. */
  public Cell listener(CellListener newListener) {
    return new Cell(code, value, Optional.of(newListener));
  }
}
