package dev.pyvisor.internal;

import dev.pyvisor.error.RunnerException;
import dev.pyvisor.wire.Envelope;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A request that waits for its reply. One of the two methods counts: whichever comes first.
 *
 * <p>Thread-safe: implementations say how.
 */
interface PendingCall {
  /** The reply is here; on the reader thread. */
  void answered(Envelope.Reply reply);

  /** The same, with what is attached to it. */
  default void answered(Envelope.Reply reply, List<byte[]> attachments) {
    answered(reply);
  }

  /** No reply will come. */
  void failed(RunnerException verdict);

  /** For a report of what hangs. */
  String describe();

  /** When it was asked for, in {@link System#nanoTime()}. */
  long openedNanos();

  /** What was handed to the outbox; null before that. */
  @Nullable Outgoing outgoing();
}
