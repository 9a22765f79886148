package dev.pyvisor.transport;

/**
 * Whether the user said that the code may run with the rights of this process.
 *
 * <p>Immutable.
 */
public enum Trust {
  STATED,
  NOT_STATED
}
