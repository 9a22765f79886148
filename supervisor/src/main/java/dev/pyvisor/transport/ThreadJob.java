package dev.pyvisor.transport;

import java.util.Locale;

/**
 * What a thread of a client does, and what it may block on. docs/CONCURRENCY.md lists the same; a
 * test compares.
 *
 * <p>Immutable.
 */
public enum ThreadJob {
  /** Reads frames and hands them over; blocks on its input only. */
  READER,
  /** Writes what is queued; blocks on the queue and on its output. */
  WRITER,
  /** Dials, and writes records; blocks on dialling and on what there is to say. */
  LINK,
  // stdio-backend: begin
  /** Turns frames into what a peer speaks instead; blocks on the outbound queue only. */
  TRANSLATOR,
  // stdio-backend: end
  /** Drains the runner's standard error; blocks on its input only. */
  STDERR,
  /** Waits for the runner's exit status, then for the last output at most a quarter of a second. */
  EXIT_WATCH,
  /** Runs deadlines; blocks on the clock only. */
  TIMER,
  /**
   * Starts the runner that takes the place of a dead one; blocks at most for the start time-out.
   */
  START,
  /**
   * Calls listeners, completes futures and copies files; blocks wherever user code blocks, on the
   * disk, and on the runner's answers with their own deadlines.
   */
  CALLBACK,
  /** Runs host tools; blocks wherever user code blocks, and on room in the outbound queue. */
  TOOL,
  /**
   * Writes reports of what hangs; blocks on the disk, and on the supervisor's facts half a second.
   */
  EVIDENCE,
  /** Writes the debug log; blocks on what there is to say and on the disk. */
  DEBUG_LOG;

  /** The word in a thread's name. */
  public String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
