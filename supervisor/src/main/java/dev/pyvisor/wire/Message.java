package dev.pyvisor.wire;

import java.util.List;

/**
 * A whole message, with the header fields of its frames. The arrays belong to the message and are
 * not written to.
 *
 * <p>Immutable.
 */
public record Message(
    FrameKind kind,
    int channel,
    int session,
    int generation,
    int cell,
    int number,
    byte[] envelope,
    List<byte[]> attachments) {

  public Message {
    attachments = List.copyOf(attachments);
  }

  /** Bytes of envelope and attachments. */
  public long payload() {
    long sum = envelope.length;
    for (byte[] attachment : attachments) {
      sum += attachment.length;
    }
    return sum;
  }
}
