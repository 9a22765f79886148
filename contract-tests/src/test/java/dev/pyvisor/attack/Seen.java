package dev.pyvisor.attack;

import java.util.Optional;

/**
 * What was seen of an attack, before anything is judged.
 *
 * @param said all that the program printed
 * @param ended how it ended where that was not by itself: a signal, a deadline
 * @param supervisor whether what it is the child of was harmed
 * @param spoilt whether what ran next was not right
 * @param failure what the host got that it must never get
 * @param aftermath empty where there is no session
 *     <p>Immutable.
 */
record Seen(
    String said,
    Optional<String> ended,
    boolean supervisor,
    boolean spoilt,
    Optional<Throwable> failure,
    Optional<Aftermath> aftermath) {
  private static final int SHOWN = 2000;

  /** Of a flood, its end. */
  @Override
  public String toString() {
    String end = said.substring(Math.max(0, said.length() - SHOWN));
    return end
        + ended.map(how -> " [" + how + "]").orElse("")
        + failure.map(how -> " [" + how + "]").orElse("");
  }
}
