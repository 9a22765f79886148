package dev.pyvisor.document;

import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.wire.Limits;
import java.io.ByteArrayOutputStream;

/**
 * The JSON text of a document while it is written, and the room that it and its attachments have:
 * one message. A stream without an end must not fill the memory.
 *
 * <p>Confined to the writing thread.
 */
final class Room extends ByteArrayOutputStream {
  private long left = Limits.MESSAGE;

  @Override
  public void write(int one) {
    take(1);
    super.write(one);
  }

  @Override
  public void write(byte[] bytes, int start, int length) {
    take(length);
    super.write(bytes, start, length);
  }

  /** Takes room for bytes that are kept elsewhere. */
  void take(int bytes) {
    left -= bytes;
    if (left < 0) {
      throw new DocumentException(
          ErrorCode.MESSAGE_TOO_LARGE,
          "the value takes more than "
              + Limits.MESSAGE
              + " bytes, the most that a message can hold; send it in parts, or as a file",
          null);
    }
  }
}
