package dev.pyvisor.attack;

import java.util.Optional;

/**
 * What an attack came to, and what was left. Written {@code contained, new kernel}; the same kernel
 * is not mentioned.
 *
 * <p>Immutable.
 *
 * @param aftermath empty where there is no session
 */
record Finding(Verdict verdict, Optional<Aftermath> aftermath) {
  static Finding of(String text) {
    String[] parts = text.split(",", 2);
    return new Finding(
        Verdict.of(parts[0].strip()),
        parts.length == 1
            ? Optional.of(Aftermath.SAME_KERNEL)
            : Optional.of(Aftermath.of(parts[1].strip())));
  }

  /** Without a session only the verdict can be compared. */
  boolean matches(Finding expected) {
    return verdict == expected.verdict
        && (aftermath.isEmpty() || aftermath.equals(expected.aftermath));
  }

  @Override
  public String toString() {
    return verdict.word()
        + aftermath
            .filter(found -> found != Aftermath.SAME_KERNEL)
            .map(found -> ", " + found.words())
            .orElse("");
  }
}
