package dev.pyvisor;

/**
 * Whether a cell reports the value of its last expression.
 *
 * <p>Immutable.
 */
public enum ValueMode {
  NOTHING,
  LAST_EXPRESSION
}
