package dev.pyvisor.internal;

import dev.pyvisor.error.RunnerException;
import dev.pyvisor.wire.Envelope;

/**
 * A request that waits for its reply. One of the two methods counts: whichever comes first.
 *
 * <p>Thread-safe: implementations say how.
 */
interface PendingCall {
  /** The reply is here; on the reader thread. */
  void answered(Envelope.Reply reply);

  /** No reply will come. */
  void failed(RunnerException verdict);

  /** For a report of what hangs. */
  String describe();
}
