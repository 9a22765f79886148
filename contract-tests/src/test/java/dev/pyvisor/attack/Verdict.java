package dev.pyvisor.attack;

import java.util.Locale;

/**
 * What an attack came to.
 *
 * <p>Immutable.
 */
enum Verdict {
  /** It did to something outside of its sandbox what it was written for. */
  SUCCEEDED,
  /** It did something, and only to itself: to its kernel, its runner, its sandbox's own files. */
  CONTAINED,
  /** It was refused. */
  PREVENTED,
  /** It has nothing to act on; the program says why. */
  HARMLESS;

  String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  static Verdict of(String word) {
    return valueOf(word.toUpperCase(Locale.ROOT));
  }
}
