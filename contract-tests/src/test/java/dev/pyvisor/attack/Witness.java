package dev.pyvisor.attack;

import java.util.Locale;

/**
 * By what an attack's success is known. Only where nothing else can be is it the program's own
 * word.
 *
 * <p>Immutable.
 */
enum Witness {
  /** The program has said the secret, which it can only have from what was planted. */
  SECRET,
  /** A planted file, or the folder of them, is no longer as it was. */
  FILES,
  /** The planted process is dead or stopped. */
  VICTIM,
  /** What the program is the child of is dead, stopped or misled. */
  SUPERVISOR,
  /** A process that carries the planted mark lives when all has been closed. */
  SURVIVOR,
  /** What runs next in the same process is spoilt: here the next cell. */
  SUCCESSOR,
  /** The host itself fails: an error that is none of the library's, or no answer in time. */
  HOST,
  /** What the program has counted itself. */
  COUNT,
  /** An escape sequence has come as far as to whoever shows the output. */
  TERMINAL;

  static Witness of(String word) {
    return valueOf(word.toUpperCase(Locale.ROOT));
  }
}
