package dev.pyvisor.wire;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * Cuts one message into frames, one at a time, straight from its arrays: a message of 64 MiB is not
 * copied as a whole.
 *
 * <p>Confined to the writer thread, once the message is queued.
 */
public final class MessageWriter {
  private final Message message;
  private final ByteBuffer head;
  private final long total;
  private long done;
  private int piece;
  private int at;

  public MessageWriter(Message message) {
    this.message = message;
    this.head = head(message);
    this.total = head.capacity() + message.payload();
  }

  /** Bytes of bodies that all frames of the message have together: what it costs on a lane. */
  public long cost() {
    return total;
  }

  /** Of that, what is not written yet. */
  public long left() {
    return total - done;
  }

  public boolean started() {
    return done > 0;
  }

  public boolean finished() {
    return done == total;
  }

  /** Size of the next frame's body. */
  public int nextBody() {
    return (int) Math.min(Limits.FRAME_BODY, total - done);
  }

  /** Appends the next frame to a buffer with room for it. */
  public void writeNext(ByteBuffer into) {
    int size = nextBody();
    int flags = (done == 0 ? Flag.FIRST.bit() : 0) | (done + size == total ? Flag.LAST.bit() : 0);
    FrameWriter.header(
        into,
        size,
        message.kind(),
        flags,
        message.channel(),
        message.session(),
        message.generation(),
        message.cell(),
        message.number());
    int left = size;
    while (left > 0) {
      byte[] source = piece(piece);
      int step = Math.min(left, source.length - at);
      into.put(source, at, step);
      at += step;
      left -= step;
      if (at == source.length) {
        piece++;
        at = 0;
      }
    }
    done += size;
  }

  private byte[] piece(int index) {
    List<byte[]> attachments = message.attachments();
    return index == 0 ? head.array() : index == 1 ? message.envelope() : attachments.get(index - 2);
  }

  private static ByteBuffer head(Message message) {
    List<byte[]> attachments = message.attachments();
    ByteBuffer head =
        ByteBuffer.allocate(Limits.MESSAGE_HEAD + attachments.size() * Limits.ATTACHMENT_LENGTH);
    head.putInt(message.envelope().length).putShort((short) attachments.size());
    attachments.forEach(attachment -> head.putInt(attachment.length));
    return head;
  }
}
