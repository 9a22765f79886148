package dev.pyvisor.internal;

import java.util.concurrent.CompletableFuture;

/**
 * Takes what there is to see of a cell that does not heed its interrupts, or of a runner that
 * hangs.
 *
 * <p>Thread-safe: implementations say how.
 */
interface EvidenceSink {
  /** The params of the notification {@code evidence}, as JSON; on the reader thread. */
  void told(String params);

  /** Has a report written for this reason; complete when it is written or its time is over. */
  default CompletableFuture<?> hung(String reason) {
    return CompletableFuture.completedFuture(null);
  }
}
