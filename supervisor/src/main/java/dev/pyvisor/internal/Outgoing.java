package dev.pyvisor.internal;

import dev.pyvisor.wire.Message;
import dev.pyvisor.wire.MessageWriter;

/**
 * A message that waits to be written, or is being written.
 *
 * <p>Guarded by the outbox that it was given to.
 */
final class Outgoing {
  final int session;
  final MessageWriter writer;
  private final Runnable left;

  /** {@code left} runs once, when no byte of it is kept any more: written, withdrawn or dropped. */
  Outgoing(Message message, Runnable left) {
    this.session = message.session();
    this.writer = new MessageWriter(message);
    this.left = left;
  }

  void left() {
    left.run();
  }
}
