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
   * Whether the way to the runner is cut, and may be there again: meanwhile its silence says
   * nothing about it. How long that may last is the transport's to bound.
   */
  default boolean isCut() {
    return false;
  }

  /** Facts about processes and streams for a report of what hangs; one a line. */
  List<String> evidence();
}
