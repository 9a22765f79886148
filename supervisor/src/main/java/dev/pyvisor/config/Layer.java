package dev.pyvisor.config;

/**
 * Where values come from; a later one wins, in whatever order they were read.
 *
 * <p>Immutable.
 */
public enum Layer {
  DEFAULT,
  DOCUMENT,
  ENVIRONMENT,
  ASSIGNMENT
}
