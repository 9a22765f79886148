package dev.pyvisor.transport.stdio;

import dev.pyvisor.wire.Limits;
import dev.pyvisor.wire.ProtocolError;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * Cuts a byte stream into lines, however it was cut into reads. What has come of a line is kept
 * until the rest does; blank lines are none.
 *
 * <p>Confined to the reader thread.
 */
final class LineCutter {
  /** The rule that a line without an end breaks. */
  static final String RULE = "STDIO-1";

  private static final byte END = '\n';

  private final int limit;
  private final ByteArrayOutputStream tail = new ByteArrayOutputStream();

  LineCutter(int limit) {
    this.limit = limit;
  }

  /**
   * Hands over each line that is complete now, without its end.
   *
   * @throws ProtocolError when a line is longer than the limit, ended or not
   */
  void feed(ByteBuffer data, Consumer<byte[]> lines) {
    while (data.hasRemaining()) {
      int length = lengthOfLine(data);
      boolean whole = length < data.remaining();
      keep(data, length);
      if (whole) {
        data.get();
        byte[] line = tail.toByteArray();
        tail.reset();
        if (!isBlank(line)) {
          lines.accept(line);
        }
      }
    }
  }

  /** Bytes of a line that has begun and not ended. */
  int kept() {
    return tail.size();
  }

  private void keep(ByteBuffer data, int length) {
    if (tail.size() + (long) length > limit) {
      byte[] begin = tail.toByteArray();
      throw new ProtocolError(
          RULE,
          "a line is longer than " + limit + " bytes",
          begin.length > 0
              ? Arrays.copyOf(begin, Math.min(begin.length, Limits.GARBAGE_SHOWN))
              : first(data));
    }
    tail.write(data.array(), data.arrayOffset() + data.position(), length);
    data.position(data.position() + length);
  }

  private static int lengthOfLine(ByteBuffer data) {
    for (int at = data.position(); at < data.limit(); at++) {
      if (data.get(at) == END) {
        return at - data.position();
      }
    }
    return data.remaining();
  }

  private static byte[] first(ByteBuffer data) {
    byte[] first = new byte[Math.min(data.remaining(), Limits.GARBAGE_SHOWN)];
    data.get(data.position(), first);
    return first;
  }

  private static boolean isBlank(byte[] line) {
    for (byte each : line) {
      if (each != ' ' && each != '\t' && each != '\r') {
        return false;
      }
    }
    return true;
  }
}
