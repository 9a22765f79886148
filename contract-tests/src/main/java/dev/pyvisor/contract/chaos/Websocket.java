package dev.pyvisor.contract.chaos;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * As much of a websocket's framing as is needed to see what it carries.
 *
 * <p>Immutable.
 */
final class Websocket {
  private static final int LENGTH_16 = 126;
  private static final int LENGTH_64 = 127;
  private static final int MASKED = 0x80;
  private static final int MASK = 4;
  private static final int BINARY = 0x82; // and final: a message of the link is one frame

  private Websocket() {}

  /** Bytes of the header of the frame that begins there, of which two are there. */
  static int head(byte[] bytes, int at) {
    int length = bytes[at + 1] & ~MASKED & 0xff;
    int wide = length == LENGTH_16 ? 2 : length == LENGTH_64 ? 8 : 0;
    return 2 + wide + ((bytes[at + 1] & MASKED) == 0 ? 0 : MASK);
  }

  /** Bytes of its body; the header is whole. */
  static int length(byte[] bytes, int at) {
    int length = bytes[at + 1] & ~MASKED & 0xff;
    ByteBuffer header = ByteBuffer.wrap(bytes, at + 2, bytes.length - at - 2);
    return switch (length) {
      case LENGTH_16 -> header.getShort() & 0xffff;
      case LENGTH_64 -> Math.toIntExact(header.getLong());
      default -> length;
    };
  }

  static boolean isMessage(byte[] frame) {
    return (frame[0] & 0xff) == BINARY;
  }

  /** The body of a whole frame, without its mask. */
  static byte[] body(byte[] frame, int head) {
    byte[] body = Arrays.copyOfRange(frame, head, frame.length);
    if ((frame[1] & MASKED) != 0) {
      for (int i = 0; i < body.length; i++) {
        body[i] ^= frame[head - MASK + i % MASK];
      }
    }
    return body;
  }
}
