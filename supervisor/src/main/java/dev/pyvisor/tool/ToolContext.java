package dev.pyvisor.tool;

import dev.pyvisor.Session;
import java.time.Duration;
import java.util.Optional;

/**
 * What a tool knows of the call that it answers.
 *
 * <p>Thread-safe: may be used from any thread, also after the call.
 */
public interface ToolContext {
  /**
   * The session whose Python code called. Calling it back from here is refused at once; other
   * sessions are open.
   */
  Session session();

  /** The cell that called. */
  int cell();

  /**
   * Time until the tool's deadline or that of its cell, whichever comes first; zero when it is
   * over, empty where there is none. Pass it on to whatever the tool waits for. The cell's is
   * counted from when it was sent, so it may in fact have a little longer.
   */
  Optional<Duration> remaining();

  /** Whether nobody waits for the answer any more. */
  boolean cancelled();

  /** Runs the action when the call is cancelled; at once if it is already. */
  void onCancel(Runnable action);

  /** Tells the cell's listener how far the tool is. */
  void progress(String message);
}
