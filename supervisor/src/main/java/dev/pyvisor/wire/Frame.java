package dev.pyvisor.wire;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * One frame. The numbers are unsigned 32 bit (channel: 16 bit); the body belongs to the frame and
 * is not written to.
 *
 * <p>Immutable.
 */
public record Frame(
    FrameKind kind,
    int flags,
    int channel,
    int session,
    int generation,
    int cell,
    int message,
    byte[] body) {

  private static final byte[] EMPTY = new byte[0];

  /** A frame of a connection's own housekeeping: no session, no message. */
  static Frame bare(FrameKind kind, int session, byte[] body) {
    return new Frame(kind, 0, 0, session, 0, 0, 0, body);
  }

  public static Frame ping(byte[] body) {
    return bare(FrameKind.PING, 0, body);
  }

  public static Frame pong(byte[] body) {
    return bare(FrameKind.PONG, 0, body);
  }

  public static Frame credit(int session, Lane lane, int bytes) {
    byte[] body =
        ByteBuffer.allocate(Limits.CREDIT_BODY).put((byte) lane.number()).putInt(bytes).array();
    return bare(FrameKind.CREDIT, session, body);
  }

  public boolean has(Flag flag) {
    return flag.in(flags);
  }

  /** Bytes of this frame on the wire. */
  public int size() {
    return Limits.FRAME_HEADER + body.length;
  }

  /** The frame as bytes of its own. */
  public byte[] encoded() {
    ByteBuffer bytes = ByteBuffer.allocate(size());
    FrameWriter.write(this, bytes);
    return bytes.array();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Frame that
        && kind == that.kind
        && flags == that.flags
        && channel == that.channel
        && session == that.session
        && generation == that.generation
        && cell == that.cell
        && message == that.message
        && Arrays.equals(body, that.body);
  }

  @Override
  public int hashCode() {
    return 31 * (31 * kind.hashCode() + message) + Arrays.hashCode(body);
  }

  @Override
  public String toString() {
    return kind
        + "[flags="
        + Integer.toHexString(flags)
        + " channel="
        + channel
        + " session="
        + Integer.toUnsignedString(session)
        + " generation="
        + Integer.toUnsignedString(generation)
        + " cell="
        + Integer.toUnsignedString(cell)
        + " message="
        + Integer.toUnsignedString(message)
        + " body="
        + body.length
        + "]";
  }

  static byte[] emptyBody() {
    return EMPTY;
  }
}
