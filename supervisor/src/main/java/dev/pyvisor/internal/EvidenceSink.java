package dev.pyvisor.internal;

/**
 * Takes what the runner says of a cell that does not heed its interrupts.
 *
 * <p>Thread-safe: implementations say how.
 */
interface EvidenceSink {
  /** The params of the notification {@code evidence}, as JSON; on the reader thread. */
  void told(String params);
}
