package dev.pyvisor.attack;

import java.util.Locale;

/**
 * What the session is afterwards, by its next cell.
 *
 * <p>Immutable.
 */
enum Aftermath {
  SAME_KERNEL,
  /** The kernel was replaced, and the outcome or the next cell's state said so. */
  NEW_KERNEL,
  /** The runner was replaced, and a generation that changed said so. */
  NEW_RUNNER;

  String words() {
    return name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  static Aftermath of(String words) {
    return valueOf(words.toUpperCase(Locale.ROOT).replace(' ', '_'));
  }
}
