package dev.pyvisor.wire;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a byte stream into frames, however it was cut into reads. The first broken rule ends it for
 * good.
 *
 * <p>Confined to the reader thread.
 */
public final class FrameReader {
  private final byte[] tail = new byte[Limits.FRAME];
  private int kept;
  private @Nullable ProtocolError fault;

  /**
   * Hands over each frame that is complete now, before it returns (FRM-4) or throws for what
   * follows them.
   *
   * @throws ProtocolError when the bytes break a rule, and ever after
   */
  public void feed(ByteBuffer data, Consumer<? super Frame> frames) {
    if (fault != null) {
      throw fault;
    }
    if (kept > 0 && !completeTail(data, frames)) {
      return;
    }
    while (data.hasRemaining()) {
      int size = sizeOfFrame(data);
      if (size == 0 || size > data.remaining()) {
        keep(data, data.remaining());
        return;
      }
      deliver(data, size, frames);
    }
  }

  /** The same for a frame that takes the place of the one which has begun (REC-19). */
  public void instead(ByteBuffer frame, Consumer<? super Frame> frames) {
    kept = 0;
    feed(frame, frames);
  }

  /**
   * The stream has ended.
   *
   * @throws ProtocolError unless it ended between two frames (FRM-6)
   */
  public void finish() {
    if (fault != null) {
      throw fault;
    }
    if (kept > 0) {
      throw fault(
          "FRM-6",
          "the stream ended inside a frame after " + kept + " bytes of it",
          Arrays.copyOf(tail, kept));
    }
  }

  /** Whether a frame has begun and not ended: nothing more will come of it unless bytes do. */
  public boolean insideFrame() {
    return kept > 0;
  }

  private boolean completeTail(ByteBuffer data, Consumer<? super Frame> frames) {
    keep(data, Math.min(data.remaining(), Math.max(0, Limits.FRAME_LENGTH_FIELD - kept)));
    int size = sizeOfFrame(ByteBuffer.wrap(tail, 0, kept));
    if (size == 0) {
      return false;
    }
    keep(data, Math.min(data.remaining(), size - kept));
    if (kept < size) {
      return false;
    }
    kept = 0;
    deliver(ByteBuffer.wrap(tail, 0, size), size, frames);
    return true;
  }

  private void keep(ByteBuffer data, int count) {
    data.get(tail, kept, count);
    kept += count;
  }

  /**
   * Size of the frame that begins here; 0 while unknown; a fault as early as it can be proven
   * (FRM-2).
   */
  private int sizeOfFrame(ByteBuffer data) {
    int at = data.position();
    if (data.remaining() >= Limits.FRAME_LENGTH_FIELD) {
      int length = data.getInt(at);
      if (length >= Limits.FRAME_LENGTH_MIN && length <= Limits.FRAME_LENGTH_MAX) {
        return Limits.FRAME_LENGTH_FIELD + length;
      }
      throw fault(
          "FRM-2",
          "a length of "
              + Integer.toUnsignedString(length)
              + " is not between "
              + Limits.FRAME_LENGTH_MIN
              + " and "
              + Limits.FRAME_LENGTH_MAX,
          rest(data));
    }
    if (data.get(at) != 0 || (data.remaining() > 1 && data.get(at + 1) != 0)) {
      throw fault("FRM-2", "the first two bytes of a frame are zero", rest(data));
    }
    return 0;
  }

  private void deliver(ByteBuffer data, int size, Consumer<? super Frame> frames) {
    int at = data.position();
    int number = data.get(at + 4) & 0xff;
    int flags = data.get(at + 5) & 0xff;
    FrameKind kind = FrameKind.of(number);
    if (kind == null) {
      if (!Flag.OPTIONAL.in(flags)) {
        throw fault("FRM-5", "unknown kind " + number, rest(data));
      }
      data.position(at + size);
      return;
    }
    byte[] body =
        size == Limits.FRAME_HEADER ? Frame.emptyBody() : new byte[size - Limits.FRAME_HEADER];
    data.get(at + Limits.FRAME_HEADER, body);
    data.position(at + size);
    frames.accept(
        new Frame(
            kind,
            flags,
            data.getShort(at + 6) & 0xffff,
            data.getInt(at + 8),
            data.getInt(at + 12),
            data.getInt(at + 16),
            data.getInt(at + 20),
            body));
  }

  private static byte[] rest(ByteBuffer data) {
    byte[] rest = new byte[Math.min(data.remaining(), Limits.GARBAGE_SHOWN)];
    data.get(data.position(), rest);
    return rest;
  }

  private ProtocolError fault(String rule, String detail, byte[] garbage) {
    ProtocolError found = new ProtocolError(rule, detail, garbage);
    fault = found;
    return found;
  }
}
