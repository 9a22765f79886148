package dev.pyvisor.transport;

/**
 * Whether a setting may be shown to those who read messages and reports.
 *
 * <p>Immutable.
 */
public enum Secrecy {
  OPEN,
  SECRET
}
