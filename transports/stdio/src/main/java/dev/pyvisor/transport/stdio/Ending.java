package dev.pyvisor.transport.stdio;

import dev.pyvisor.wire.FrameKind;
import dev.pyvisor.wire.Message;
import java.util.List;

/**
 * What the host is told once a job is through: first the output, as far as there is credit, then
 * the messages.
 *
 * <p>Immutable.
 */
record Ending(List<Print> prints, List<Message> messages) {
  Ending {
    prints = List.copyOf(prints);
    messages = List.copyOf(messages);
  }

  /**
   * Output of one stream.
   *
   * <p>Immutable.
   *
   * @param flags of its frames
   */
  record Print(FrameKind kind, int flags, int session, int generation, int cell, byte[] bytes) {}

  static Ending saying(Message... messages) {
    return new Ending(List.of(), List.of(messages));
  }
}
