package dev.pyvisor.transport.stdio;

import dev.pyvisor.wire.Limits;
import java.time.Duration;

/**
 * Every bound of the translation, each with its reason.
 *
 * <p>Immutable.
 */
final class StdioLimits {
  /** A line in either direction: what a message of our own wire may hold. */
  static final int LINE = Limits.MESSAGE;

  /** The params of a request: method and id need the rest of a line. */
  static final int PARAMS = LINE - 1_024;

  /** Arrays and objects inside one another in a line; Python's own encoder stops before it. */
  static final int JSON_DEPTH = 1_000;

  /** Digits of a number in a line: reading one takes time with the square of it. */
  static final int NUMBER_DIGITS = 10_000;

  /**
   * Arrays and objects inside one another in a value that goes on to the host: its envelope adds
   * some to it, and {@link Limits#JSON_DEPTH} is for all of them.
   */
  static final int DOCUMENT_DEPTH = Limits.JSON_DEPTH - 10;

  /** Answers with other ids than the one that is waited for; the next one ends the request. */
  static final int STALE_ANSWERS = 50;

  /**
   * Bytes of lines that wait for the peer to read; beyond it the host is given no credit, so that
   * at most a line and a window more come to it.
   */
  static final long BACKLOG = Limits.KERNEL_WINDOW;

  /**
   * Bytes of lines that wait while the peer goes on asking for more; more than credit explains, so
   * it is taken for broken.
   */
  static final long UNREAD = 3L * LINE;

  /** Credit goes back in steps of this, so that small messages cost no frame of their own. */
  static final int CREDIT_STEP = Limits.KERNEL_WINDOW / 8;

  /** What the host has asked and the peer is still to be asked; beyond it it is refused. */
  static final int WAITING_JOBS = 64;

  /**
   * After the exit of a peer, for the host to take what it answered before: with an ordinary
   * listener far less than a second, and without it a cell that has ended would be unknown.
   */
  static final Duration LAST_WORDS = Duration.ofSeconds(2);

  /** Characters of what is no JSON that are kept for a report: the last ones. */
  static final int GARBAGE_KEPT = 4_000;

  private StdioLimits() {}
}
