package dev.pyvisor.transport;

import java.time.Duration;
import java.util.List;

/**
 * One open way to a runner.
 *
 * <p>Thread-safe: every method may be called from any thread, at any time, more than once.
 */
public interface Transport {
  /**
   * Ends the runner by force. Returns at once; {@link TransportListener#onClosed} follows. The
   * first reason counts.
   */
  void kill(String reason);

  /**
   * Ends the runner in good order, then by force: what is queued is written, the runner's input
   * ends, and what lives at the limit is killed. Returns when the runner is gone, or when twice the
   * limit has passed and it is not.
   */
  void close(Duration limit);

  /**
   * Whether what is sent reaches the runner now, as far as is known. While it does not, silence and
   * lateness are no fault of the runner's; the transport itself bounds for how long.
   */
  default boolean reaches() {
    return true;
  }

  /**
   * The number that this machine has for the runner's process that gave itself this one: in a
   * sandbox they differ. 0 where this machine has none: then nobody looks for it, and no other
   * process of that number is taken for it.
   */
  default long pidHere(long told) {
    return told;
  }

  /** Facts about processes and streams for a report of what hangs; one a line. */
  List<String> evidence();
}
