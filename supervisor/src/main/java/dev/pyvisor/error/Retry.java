package dev.pyvisor.error;

import java.util.Locale;

/**
 * Whether the same request may succeed later.
 *
 * <p>Immutable.
 */
public enum Retry {
  NEVER,
  BACKOFF;

  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
