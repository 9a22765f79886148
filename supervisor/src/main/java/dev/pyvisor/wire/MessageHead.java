package dev.pyvisor.wire;

import java.nio.ByteBuffer;

/**
 * What the FIRST frame of a message declares.
 *
 * <p>Immutable.
 */
record MessageHead(int size, int envelope, int[] attachments, int payload) {

  /** Reads and checks a head before a byte of its payload is kept (FRM-11, FRM-14). */
  static MessageHead read(Frame frame) {
    byte[] body = frame.body();
    if (body.length < Limits.MESSAGE_HEAD) {
      throw new ProtocolError("FRM-14", "a head of " + body.length + " bytes is cut", body);
    }
    ByteBuffer head = ByteBuffer.wrap(body);
    long envelope = Integer.toUnsignedLong(head.getInt());
    int count = head.getShort() & 0xffff;
    if (count > Limits.ATTACHMENTS) {
      throw new ProtocolError(
          "FRM-11", count + " attachments are more than " + Limits.ATTACHMENTS, body);
    }
    int size = Limits.MESSAGE_HEAD + count * Limits.ATTACHMENT_LENGTH;
    if (body.length < size) {
      throw new ProtocolError(
          "FRM-14",
          "a head with " + count + " attachments does not fit " + body.length + " bytes",
          body);
    }
    long payload = envelope;
    int[] attachments = new int[count];
    for (int i = 0; i < count; i++) {
      attachments[i] = head.getInt();
      payload += Integer.toUnsignedLong(attachments[i]);
    }
    if (payload > Limits.MESSAGE) {
      throw new ProtocolError(
          "FRM-11", "a message of " + payload + " bytes is larger than " + Limits.MESSAGE, body);
    }
    return new MessageHead(size, (int) envelope, attachments, (int) payload);
  }
}
