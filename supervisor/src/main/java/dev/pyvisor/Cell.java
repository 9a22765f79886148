package dev.pyvisor;

import java.time.Duration;
import java.util.Optional;

/**
 * A piece of code to run, and what is wanted from it.
 *
 * <p>Immutable.
 *
 * @param code Python; code fences around it are taken off when it is sent
 * @param value whether the value of the last expression is reported
 * @param listener who hears of output and tool calls while the cell runs
 * @param timeLimit how long it may run, from the moment the kernel starts the code; empty: as the
 *     client's builder says
 * @param interruptGrace how long it may take to heed an interrupt or its deadline before its kernel
 *     is killed; empty: as the client's builder says
 * @param draft whether an answer that it submits is told as a draft
 */
public record Cell(
    String code,
    ValueMode value,
    Optional<CellListener> listener,
    Optional<TimeLimit> timeLimit,
    Optional<Duration> interruptGrace,
    boolean draft) {

  public Cell {
    requireText(code);
    interruptGrace.ifPresent(TimeLimit::grace);
  }

  /** Encoding would put a question mark in its place, and run other code than was given. */
  private static void requireText(String code) {
    for (int at = 0; at < code.length(); at++) {
      char unit = code.charAt(at);
      if (!Character.isSurrogate(unit)) {
        continue;
      }
      if (Character.isBmpCodePoint(code.codePointAt(at))) {
        throw new IllegalArgumentException(
            "the code has half a surrogate pair, U+%04X, at index %d, which UTF-8 cannot carry; escape it"
                .formatted((int) unit, at));
      }
      at++;
    }
  }

  /**
   * A cell whose value is not asked for and whom nobody listens to.
   *
   * @throws IllegalArgumentException when the code has half a surrogate pair
   */
  public static Cell of(String code) {
    return new Cell(
        code, ValueMode.NOTHING, Optional.empty(), Optional.empty(), Optional.empty(), false);
  }

  /** The same cell, reporting the value of its last expression. */
  public Cell withValue() {
    return new Cell(code, ValueMode.LAST_EXPRESSION, listener, timeLimit, interruptGrace, draft);
  }

  /** The same cell, with a listener. */
  public Cell listener(CellListener newListener) {
    return new Cell(code, value, Optional.of(newListener), timeLimit, interruptGrace, draft);
  }

  /**
   * The same cell, which may run so long. When the time is over it is interrupted, and its outcome
   * is {@code timed_out}; the session's state stays. What is finer than a millisecond is rounded
   * up.
   *
   * @throws IllegalArgumentException when the limit is below 1 ms or above {@link
   *     TimeLimit#LONGEST}
   */
  public Cell timeout(Duration limit) {
    return limited(TimeLimit.of(limit));
  }

  /** The same cell, which may run for ever. */
  public Cell noTimeout() {
    return limited(TimeLimit.none());
  }

  /**
   * The same cell, which has so long to heed an interrupt or its deadline: three interrupts within
   * the first half, then its kernel is killed. Zero: killed at once.
   *
   * @throws IllegalArgumentException when it is negative or above {@link TimeLimit#LONGEST}
   */
  public Cell grace(Duration grace) {
    return new Cell(code, value, listener, timeLimit, Optional.of(grace), draft);
  }

  /**
   * The same cell, whose answer is to be confirmed: what it submits is told as a draft, and a later
   * cell submits what counts. Nothing else differs; each cell says so for itself.
   */
  public Cell asDraft() {
    return new Cell(code, value, listener, timeLimit, interruptGrace, true);
  }

  private Cell limited(TimeLimit limit) {
    return new Cell(code, value, listener, Optional.of(limit), interruptGrace, draft);
  }
}
