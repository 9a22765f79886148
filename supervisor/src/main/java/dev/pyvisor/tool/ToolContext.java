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

  /** Time until the call's deadline; empty where it has none. */
  Optional<Duration> remaining();

  /** Whether nobody waits for the answer any more. */
  boolean cancelled();

  /** Runs the action when the call is cancelled; at once if it is already. */
  void onCancel(Runnable action);

  /** Tells the cell's listener how far the tool is. */
  void progress(String message);
}
