package dev.pyvisor.internal;

import java.time.Duration;

/**
 * The clock and what is to happen by it; tests have one that they turn by hand.
 *
 * <p>Thread-safe: implementations say how.
 */
public interface Timer {
  /** Nanoseconds that only grow. */
  long nanoTime();

  /** Runs a short task, which must not block, once after the delay. */
  Alarm after(Duration delay, Runnable task);

  /** No alarm rings any more. */
  void stop();

  /**
   * One task that waits for its time.
   *
   * <p>Thread-safe: implementations say how.
   */
  interface Alarm {
    void cancel();
  }
}
