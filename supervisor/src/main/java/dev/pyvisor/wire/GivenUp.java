package dev.pyvisor.wire;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;

/**
 * A record in place of the stream's bytes from one offset to another, and of what has come of the
 * frame that they end: a frame that stands in for it (REC-19).
 *
 * <p>Immutable. The array is not copied, and nobody writes to it.
 *
 * @param frame whose zeros at its end may be missing
 */
public record GivenUp(long offset, long end, byte[] frame) {
  /** The frame that stands in, with its zeros. */
  ByteBuffer whole() {
    if (frame.length < Limits.FRAME_HEADER) {
      throw new ProtocolError("REC-19", frame.length + " bytes are no frame", frame);
    }
    long size = Limits.FRAME_LENGTH_FIELD + Integer.toUnsignedLong(ByteBuffer.wrap(frame).getInt());
    if (size < frame.length || size > Limits.FRAME) {
      throw new ProtocolError("REC-19", "a frame of " + size + " bytes does not begin so", frame);
    }
    return ByteBuffer.wrap(Arrays.copyOf(frame, (int) size));
  }

  /** The same from further on: the other side has some of it already. */
  GivenUp from(long from) {
    return new GivenUp(from, end, frame);
  }

  /** In place of this whole frame; empty where something else would come to harm. */
  static Optional<GivenUp> of(long offset, long end, byte[] frame, String why) {
    return StandIn.of(frame, why).map(instead -> new GivenUp(offset, end, instead));
  }
}
