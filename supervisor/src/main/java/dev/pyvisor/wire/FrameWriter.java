package dev.pyvisor.wire;

import java.nio.ByteBuffer;

/**
 * Puts frames into a buffer.
 *
 * <p>Immutable.
 */
public final class FrameWriter {
  private FrameWriter() {}

  /** Appends the frame to the buffer, which must have room for {@link Frame#size()} bytes. */
  public static void write(Frame frame, ByteBuffer into) {
    header(
        into,
        frame.body().length,
        frame.kind(),
        frame.flags(),
        frame.channel(),
        frame.session(),
        frame.generation(),
        frame.cell(),
        frame.message());
    into.put(frame.body());
  }

  /** Appends a header for a body of {@code size} bytes that the caller appends next. */
  static void header(
      ByteBuffer into,
      int size,
      FrameKind kind,
      int flags,
      int channel,
      int session,
      int generation,
      int cell,
      int message) {
    if (size > Limits.FRAME_BODY) {
      throw new ProtocolError(
          "FRM-1", "a body of " + size + " bytes does not fit a frame (" + Limits.FRAME_BODY + ")");
    }
    into.putInt(Limits.FRAME_LENGTH_MIN + size)
        .put((byte) kind.number())
        .put((byte) flags)
        .putShort((short) channel)
        .putInt(session)
        .putInt(generation)
        .putInt(cell)
        .putInt(message);
  }
}
