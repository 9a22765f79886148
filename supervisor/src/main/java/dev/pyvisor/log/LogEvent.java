package dev.pyvisor.log;

import java.util.Locale;

/**
 * Everything that a debug log can say. docs/diagnostics.md lists the same; a test compares.
 *
 * <p>Immutable.
 */
public enum LogEvent {
  CLIENT_OPENED,
  CLIENT_CLOSED,
  RUNNER_START,
  RUNNER_STARTED,
  RUNNER_START_FAILED,
  RUNNER_KILL,
  RUNNER_LOST,
  RUNNER_ENDED,
  RUNNER_REPLACED,
  SESSION_OPENED,
  SESSION_GENERATION,
  SESSION_CHECKPOINT,
  SESSION_ROLLBACK,
  SESSION_RESET,
  SESSION_BRANCH,
  SESSION_CLOSED,
  REQUEST_SENT,
  REQUEST_ANSWERED,
  REQUEST_FAILED,
  CELL_START,
  CELL_INTERRUPT,
  CELL_PARTIAL_OUTPUT,
  CELL_END,
  TOOL_START,
  TOOL_END,
  TOOL_CANCELLED,
  TOOL_REFUSED,
  FILES_START,
  FILES_END;

  /** Its name in the log: what it is about, a dot, what happened. */
  public String word() {
    return name().toLowerCase(Locale.ROOT).replaceFirst("_", ".");
  }
}
